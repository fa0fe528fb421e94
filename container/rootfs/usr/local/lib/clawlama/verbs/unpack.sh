# clawlama unpack: makes a repository of what `clawlama pack` wrote, given on standard input; of one that is not whole,
# nothing.
for concern in paths status backup; do . "$LIB/$concern.sh"; done

mkdir -p "$RUN"
STAGE=unpack
find_repository
archive=$RESTIC_REPOSITORY/archive
mkdir -p "$RESTIC_REPOSITORY"
cat >"$archive" || refuse "the archive does not fit on the disk of $RESTIC_REPOSITORY; free some of it"
sealed=$(tail -c "$SEAL_BYTES" "$archive" | tr -d '\0')
[ "$sealed" = "$SEAL$(head -c "-$SEAL_BYTES" "$archive" | sha256sum | cut -d' ' -f1)" ] || {
  rm -f "$archive"
  refuse "this is no archive of ClawLama's, or a damaged one: its digest at the end is not that of what is in it"
}
tar -x -f "$archive" -C "$RESTIC_REPOSITORY" || refuse "the archive does not fit on the disk of $RESTIC_REPOSITORY; free some of it"
rm "$archive"
