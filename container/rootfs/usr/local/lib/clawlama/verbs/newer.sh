# clawlama newer: how many conversations were written to since CLAWLAMA_SINCE (ISO 8601), and would be lost by going back.
for concern in paths status; do . "$LIB/$concern.sh"; done

counted=$(node --no-warnings "$LIB/newer.mjs" "$DATA/openclaw" "${CLAWLAMA_SINCE:-1970-01-01T00:00:00Z}") ||
  { echo "clawlama newer: the conversations could not be counted" >&2 && exit 1; }
if [ "$JSON" = true ]; then
  jq -n -c --arg since "${CLAWLAMA_SINCE:-}" --argjson conversations "$counted" '{schema: 1, since: $since, conversations: $conversations}'
else
  echo "$counted conversations were written to since ${CLAWLAMA_SINCE:-the beginning}"
fi
