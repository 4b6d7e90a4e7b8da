# SPDX-License-Identifier: GPL-2.0-only
# TAP for shell tests: source this, call ok or expect, end with finish. A point's diagnostics go below it.
# The tests in this directory run from the top of the tree.
set -u
cd "$(dirname "$0")/../../.." || exit 1
: "${B:=build}" "${CC:=gcc}"
points=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# ok STATUS TEXT: one point, passed when STATUS is 0; $scratch/log, if there, is shown when it is not, and emptied.
ok()
{
    points=$((points + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $points - $2"
    else
        echo "not ok $points - $2"
        [ ! -f "$scratch/log" ] || head -n 60 "$scratch/log" | sed 's/^/# /'
    fi
    rm -f "$scratch/log"
}

# expect TEXT COMMAND...: the command succeeds.
expect()
{
    text=$1
    shift
    "$@" >"$scratch/log" 2>&1
    ok $? "$text"
}

# empty TEXT COMMAND...: the command prints nothing.
empty()
{
    text=$1
    shift
    "$@" >"$scratch/log" 2>&1
    [ ! -s "$scratch/log" ]
    ok $? "$text"
}

finish()
{
    echo "1..$points"
}
