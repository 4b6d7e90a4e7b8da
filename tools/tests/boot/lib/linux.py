# SPDX-License-Identifier: GPL-2.0-only
"""
Debian's kernel as a guest, used by typing at its shell.

    1. Guest           a machine with a shell: sh() runs a command, debug() has the hypervisor asked by a debug key
    2. Clock           QEMU's RTC against the guest's clock
    3. the steps       what test_linux and test_linux_initial go through, each a function of (tap, guest)
    4. run()           all of them, on one start of the guest

The guest's programs are tools/linux/test/*.c.
"""
import calendar
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time

import guests
import machine

LINUX = os.path.join(machine.BUILD, "linux")
AUDITED = os.path.join(LINUX, "test/xen.gz")
MEMORY_MB = 384

# An initial domain looks for hardware, which this hypervisor does not give it.
WITHOUT_HARDWARE = "acpi=off pci=off swiotlb=noforce"

# Busybox's shell asks the terminal where its cursor is.
PROMPT = r"pv:\S*# \x1b\[6n"

# What is waited for when all goes well takes a fraction of this, also on a busy host.
PATIENCE = 90


def missing():
    """Why the test cannot be run, or None. Without a network the kernel cannot be had."""
    for name in ("vmlinuz", "busybox"):
        if not os.path.exists(os.path.join(LINUX, name)):
            return f"there is no {name}: apt could not download it (make linux-files says why)"
    return None


def initrd():
    out = os.path.join(machine.scratch(), "initrd")
    command = [os.path.join(machine.TOP, "tools/linux/mkinitrd"), out, os.path.join(LINUX, "busybox")]
    for name in ("pvtest", "pvtest32"):
        command += ["--file", f"{LINUX}/test/{name}:bin/{name}"]
    subprocess.run(command, check=True)
    return out


# ---- 1. The guest -----------------------------------------------------------------------------------------------------------


class Guest(machine.Machine):
    def __init__(self, options, hypervisor=AUDITED, kernel=os.path.join(LINUX, "vmlinuz"), cmdline="", cpu="max", by=machine.files):
        self.qmp_path = os.path.join(machine.scratch(), "qmp")
        boot = by(kernel, f"console=hvc0 quiet {cmdline}".strip(), f"dom0_mem={MEMORY_MB}M {options}", initrd(), hypervisor)
        self.spent = 0
        super().__init__(boot, memory="1G", cpu=cpu,
                         args=("-rtc", "base=utc,clock=vm", "-qmp", f"unix:{self.qmp_path},server=on,wait=off", "-nic", "none"))

    def wait_for_shell(self):
        self.expect(PROMPT, PATIENCE)

    def sh(self, command, timeout=PATIENCE):
        """(status, output) of a command. It is typed, so it comes back: the output begins behind its echo."""
        start = len(self.text)
        self.send(f'{command}; echo "@@"$?"@@"\n')
        end = self.expect(r"^(.*)@@(\d+)@@\n", timeout)
        self.expect(PROMPT, timeout)
        output = self.text[start:end.start()] + end.group(1)
        return int(end.group(2)), output.partition('"@@"\n')[2]

    def number(self, file):
        return int(self.sh(f"cat {file}")[1])

    def debug(self, key, answer, timeout=PATIENCE):
        """Type a debug key; the match of its answer."""
        self.send("\x01\x01\x01" + key)
        try:
            return self.expect(answer, timeout)
        finally:
            self.send("\x01\x01\x01")
            self.expect(r"\*\*\* keys go to the guest\n", timeout)

    def cpu_seconds(self):
        """What the host has spent on this machine so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        self.spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return self.spent


# ---- 2. Clocks --------------------------------------------------------------------------------------------------------------


class Clock:
    """
    Pairs of readings of QEMU's RTC and the guest's monotonic clock. The RTC counts seconds, so it is watched for its next one. What
    passes on the host meanwhile bounds how far apart the two readings can be: `within`.
    """

    def __init__(self, guest):
        self.guest = guest
        self.qmp = socket.socket(socket.AF_UNIX)
        self.qmp.connect(guest.qmp_path)
        self.file = self.qmp.makefile("rw")
        self.file.readline()
        self._ask("qmp_capabilities")

    def _ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                return answer["return"]

    def rtc(self):
        """Seconds since 1970."""
        t = self._ask("qom-get", path="/machine", property="rtc-time")
        fields = (t["tm_year"] + 1900, t["tm_mon"] + 1, t["tm_mday"], t["tm_hour"], t["tm_min"], t["tm_sec"], 0, 0, 0)
        return calendar.timegm(fields)

    def _pair(self):
        was = now = self.rtc()
        while now == was:
            before = time.monotonic()
            now = self.rtc()
        self.guest.send("\n")
        mono = int(self.guest.expect(r"^clock (\d+)\n", PATIENCE).group(1))
        return now, mono / 1e9, time.monotonic() - before

    def pair(self):
        """(RTC, guest's clock, within), all in seconds; the best of some tries."""
        self.guest.send("pvtest clock\n")
        pairs = []
        while len(pairs) < 6 and not (pairs and pairs[-1][2] < 0.05):
            pairs.append(self._pair())
        self.guest.send("q\n")
        self.guest.expect(PROMPT, PATIENCE)
        return min(pairs, key=lambda pair: pair[2])


# ---- 3. Steps ---------------------------------------------------------------------------------------------------------------


def typing(tap, guest):
    for text in ("hello", "  two  blanks  ", "~!@#%^&*()_+|{}:<>?"):
        guest.send("IFS= read -r x; echo \"got <$x>\"\n")
        guest.send(text + "\n")
        guest.expect(r"^got <.*>\n", PATIENCE)
        tap.ok(f"got <{text}>" in guest.text, f"typed {text!r} comes back", guest.tail(5))
        guest.expect(PROMPT, PATIENCE)
    text = "".join(chr(97 + i * 7 % 26) for i in range(3000))
    guest.send("stty -echo; echo $((1+1)); read -r x; stty echo; echo \"got ${#x} $(echo $x | md5sum)\"\n")
    guest.expect(r"^2\n", PATIENCE)
    guest.send(text + "\n")
    guest.expect(r"^got .*\n", PATIENCE)
    wanted = hashlib.md5(text.encode() + b"\n").hexdigest()
    tap.ok(f"got 3000 {wanted}" in guest.text, "3000 characters typed at once arrive", guest.tail(5))
    guest.expect(PROMPT, PATIENCE)
    guest.send("pvtest pause\n")
    guest.expect(r"^pausing\n", PATIENCE)
    guest.send("\x03")
    guest.expect(PROMPT, PATIENCE)
    tap.ok(guest.sh("echo still there")[0] == 0, "Ctrl-C ends what runs in the foreground", guest.tail(5))


def hypervisor_files(tap, guest):
    """/sys/hypervisor, as a guest of Xen finds it."""
    wanted = {
        "type": r"xen",
        "guest_type": r"PV",
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "version/major": r"4",
        "version/minor": r"\d+",
        "version/extra": r"\S+",
        "compilation/compiler": r".*gcc.*",
        "compilation/compiled_by": r".*",
        "compilation/compile_date": r".+",
        "properties/capabilities": r"xen-3\.0-x86_64.*",
        "properties/changeset": r".*",
        "properties/pagesize": r"1000",
        "properties/virtual_start": r"ffff800000000000",
        "properties/features": r"[0-9a-f]{8}",
    }
    for name, pattern in wanted.items():
        status, text = guest.sh(f"cat /sys/hypervisor/{name}")
        tap.ok(status == 0 and re.fullmatch(pattern, text.strip()), f"/sys/hypervisor/{name}: {text.strip()!r}", f"wanted {pattern}")
    features = int(guest.sh("cat /sys/hypervisor/properties/features")[1], 16)
    tap.ok(features & 0xA0 == 0xA0 and not features & 0x10D, f"features {features:#x}: those that Linux demands, none that PV cannot have")


def programs(tap, guest, names):
    for name in names:
        status, text = guest.sh(f"pvtest {name}")
        for line in text.splitlines():
            match = guests.CHECK.match(line)
            if match:
                tap.ok(match.group(1) == "ok", match.group(2), f"in: {name}")
            elif line.startswith("# "):
                tap.note(line[2:])
        tap.ok(f"# {name}: " in text and (status == 0) == ("\nnot ok" not in text), f"{name} comes to its end", text[-2000:])


def shell(tap, guest):
    """Busybox's own programs, as a script uses them."""
    status, text = guest.sh("x=0; for i in $(seq 100); do x=$((x + $(echo $i | sed s/^/+/ | awk '{ print $1 + 0 }'))); done; echo $x")
    tap.ok(status == 0 and text.strip() == "5050", "a loop of 100 pipelines", text)
    status, text = guest.sh("dd if=/dev/urandom of=/tmp/a bs=1M count=8 2>/dev/null; gzip -c /tmp/a | gunzip >/tmp/b; cmp /tmp/a /tmp/b; rm /tmp/[ab]")
    tap.ok(status == 0 and not text.strip(), "8 MiB packed and unpacked", text)


def frames(guest):
    """What the hypervisor says: (the domain's pages, its limit, the machine's free frames)."""
    free = int(guest.debug("m", r"machine: \d+ frames, (\d+) free").group(1))
    match = re.findall(r"d0: (\d+) pages of at most (\d+)", guest.text)[-1]
    return int(match[0]), int(match[1]), free


BALLOON = "/sys/devices/system/xen_memory/xen_memory0"


def balloon_to(guest, kib):
    guest.sh(f"echo {kib} >{BALLOON}/target_kb; n=0; while [ $(cat {BALLOON}/info/current_kb) != {kib} -a $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done")
    return guest.number(f"{BALLOON}/info/current_kb")


def balloon(tap, guest):
    start = guest.number(f"{BALLOON}/info/current_kb")
    pages, limit, free = frames(guest)
    tap.note(f"current_kb {start}, {pages} pages of at most {limit}, {free} free")
    for down in (65536, 4, 131072):
        got = balloon_to(guest, start - down)
        tap.equal(got, start - down, f"the balloon takes {down} KiB", guest.tail(5))
        now, _, now_free = frames(guest)
        tap.equal((now - pages, now_free - free), (-down // 4, down // 4), "the domain has so many pages less, the machine so many more")
        got = balloon_to(guest, start)
        tap.equal(got, start, "and gives them back", guest.tail(5))
        tap.equal(frames(guest), (pages, limit, free), "all accounts are as before")


def audits(tap, guest, when):
    match = guest.debug("p", r"p2m audit: d0: .*\n")
    found = re.search(r"(\d+) entries, (\d+) present.* (\d+) mismatches", match.group(0))
    tap.ok(found and int(found.group(2)) > MEMORY_MB * 256 * 9 // 10 and found.group(3) == "0", f"{when}: {match.group(0).strip()}")
    match = guest.debug("a", r"audit: .* violations?\n")
    tap.ok(match.group(0).endswith(": 0 violations\n"), f"{when}: {match.group(0).strip()}")


def audit_at_work(tap, guest):
    """The p2m list changes under the audit's eyes: the storm moves page tables, the balloon takes pages."""
    both = f"echo {MEMORY_MB - 32}M >{BALLOON}/target; sleep 0.05; echo {MEMORY_MB}M >{BALLOON}/target; sleep 0.05"
    guest.sh(f"while :; do {both}; done & pvtest mappings >/dev/null & true")
    seen = set()
    for _ in range(6):
        time.sleep(0.3)
        lists = guest.debug("p", r"p2m audit: d0: .*\n").group(0).strip()
        accounts = guest.debug("a", r"audit: .* violations?\n").group(0).strip()
        seen |= {lists, accounts}
        tap.ok(" 0 mismatches" in lists and accounts.endswith(": 0 violations"), f"while memory changes: {lists}; {accounts}")
    tap.ok(len(seen) > 4, f"it did change: {len(seen)} different answers")
    guest.sh(f"kill $!; kill %1; wait; echo {MEMORY_MB}M >{BALLOON}/target; sleep 1")


def idle(tap, guest, seconds=5):
    before, start = guest.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    share = (guest.cpu_seconds() - before) / (time.monotonic() - start)
    tap.ok(share < 0.05, f"the host's CPU is used to {share:.1%} while the guest idles")


SUSPECT = re.compile(r"WARN|BUG|Call Trace|Oops|RIP:|segfault|stall|lockup|error|fail|unable|cannot|bad |invalid|corrupt|unexpected|denied", re.I)


def known_messages():
    """What looks like trouble and is none, as patterns."""
    with open(os.path.join(machine.TOP, "tools/linux/test/messages"), encoding="ascii") as file:
        return [re.compile(line.rstrip("\n")) for line in file if line.strip() and not line.startswith("#")]


def messages(tap, guest):
    known = known_messages()
    status, text = guest.sh("dmesg -r")
    lines = [re.sub(r"^<\d+>\[ *[\d.]+\] ", "", line) for line in text.splitlines()]
    tap.ok(status == 0 and len(lines) > 100, f"the kernel said {len(lines)} lines")
    tap.ok(any("Booting kernel on Xen" in line or "Xen version" in line for line in lines), "it knows that it runs on Xen")
    bad = [line for line in lines if SUSPECT.search(line) and "pvtest" not in line and not any(pattern.search(line) for pattern in known)]
    tap.ok(not bad, "no warnings or errors but those that tools/linux/test/messages explains", "\n".join(bad))


def power_off(tap, guest):
    guest.send("poweroff\n")
    tap.equal(guest.wait(PATIENCE), machine.POWERED_OFF, "it powers off, and all accounts are right once it is gone", guest.tail())
    tap.ok(not re.search(r"^\(TEN\).*(panic|bug|assert|[1-9]\d* violation)", guest.text, re.I | re.M), "the hypervisor has no complaint")


# ---- 4. All of it -----------------------------------------------------------------------------------------------------------

PROGRAMS = ("features", "processes", "mappings", "signals", "threads", "pipes", "fpu", "clocks", "segments", "tracing", "ports")


def steps(tap, guest, initial):
    began = time.monotonic()
    guest.wait_for_shell()
    tap.ok(True, f"user space is reached ({time.monotonic() - began:.0f} s)")
    clock = Clock(guest)
    tap.ok(abs(int(guest.sh("date +%s")[1]) - clock.rtc()) <= 3, "the guest's date is the RTC's")
    first = clock.pair()
    typing(tap, guest)
    hypervisor_files(tap, guest)
    shell(tap, guest)
    programs(tap, guest, PROGRAMS)
    audits(tap, guest, "after the programs")
    audit_at_work(tap, guest)
    balloon(tap, guest)
    programs(tap, guest, ("pressure",))
    idle(tap, guest, max(5, first[0] + 61 - clock.rtc()))
    last = clock.pair()
    rate(tap, first, last)
    audits(tap, guest, "at the end")
    messages(tap, guest)
    guest.cpu_seconds()
    power_off(tap, guest)


def rate(tap, first, last):
    """1% over a minute, besides what the readings are apart."""
    real, seen = last[0] - first[0], last[1] - first[1]
    within = first[2] + last[2]
    tap.ok(abs(seen - real) <= real * 0.01 + within and within < 2,
           f"{real} s of the RTC are {seen:.2f} s of the guest's clock (readings within {within:.3f} s)")


def run(tap, options, initial):
    why = missing()
    if why:
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    began = time.monotonic()
    # One of the two by GRUB, as a machine would start it.
    guest = Guest(options, cmdline=WITHOUT_HARDWARE if initial else "", by=machine.files if initial else machine.iso)
    try:
        steps(tap, guest, initial)
    except machine.Timeout as why:
        tap.ok(False, "it goes on", f"{why}\n{guest.tail()}")
    tap.note(f"{time.monotonic() - began:.0f} s, {guest.spent:.0f} s of the host's CPU")
    guest.kill()
    tap.finish()
