#!/bin/sh -eu
# SPDX-License-Identifier: GPL-2.0-only
# Build fuzz targets where a fuzzing cluster wants them: $OUT gets fuzz_NAME, its options, and its committed corpus as
# fuzz_NAME_seed_corpus.zip. Compiler and flags are the cluster's ($CC, $CFLAGS, $CXXFLAGS, $LIB_FUZZING_ENGINE).
#     build.sh [NAME...]      all of them, or these
cd "$SRC/tenon"
: "${WORK:=/tmp/work}"
[ $# -gt 0 ] || set -- $(ls tools/tests/fuzz/fuzz_*.c | sed 's|.*/fuzz_\(.*\)\.c|\1|')

# CC: the tree's own; only what goes into targets is compiled by the cluster's compiler. The engine is C++.
make -j"$(nproc)" B="$WORK/tenon" CC=gcc FUZZ_CLANG="$CC" FUZZ_FLAGS_libfuzzer="$CFLAGS" \
    FUZZ_LINK_libfuzzer="$CXXFLAGS $LIB_FUZZING_ENGINE" ENGINE=libfuzzer TARGET="$*" fuzz-engines

# options_of NAME: "// options: -max_len=512 -x=1" as the cluster reads it.
options_of()
{
    echo "[libfuzzer]"
    sed -n 's|^// options: *||p' "tools/tests/fuzz/fuzz_$1.c" | tr ' ' '\n' | sed -n 's|^-\(.*\)=\(.*\)$|\1 = \2|p'
}

for name; do
    cp "$WORK/tenon/fuzz/libfuzzer/fuzz_$name" "$OUT/"
    options_of "$name" >"$OUT/fuzz_$name.options"
    rm -f "$OUT/fuzz_${name}_seed_corpus.zip"
    python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" "tools/tests/fuzz/corpus/$name"/*
done
