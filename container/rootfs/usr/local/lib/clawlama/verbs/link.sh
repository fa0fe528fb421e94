# clawlama link: the address that opens the chat, with its key.
. "$LIB/paths.sh"
[ -s "$TOKEN" ] && [ -s "$SETTINGS" ] || { echo "clawlama link: the container has not come so far yet; see: clawlama status" >&2 && exit 1; }
url=$(jq -r '"http://\(.CLAWLAMA_PUBLISH_ADDRESS | sub("^0\\.0\\.0\\.0$"; "127.0.0.1")):\(.CLAWLAMA_OPENCLAW_PORT)/#token="' "$SETTINGS")$(cat "$TOKEN")
if [ "$JSON" = true ]; then jq -n -c --arg url "$url" '{schema: 1, url: $url}'; else echo "$url"; fi
