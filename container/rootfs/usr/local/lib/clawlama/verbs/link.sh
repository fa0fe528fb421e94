# clawlama link: an address that opens the chat, once, within ten minutes; the browser that opened it needs none later.
for concern in paths gateway; do . "$LIB/$concern.sh"; done

link() {
  [ -s "$SETTINGS" ] && [ -s "$TOKEN" ] || link_failed "the container has not come so far yet; see: clawlama status"
  CLAWLAMA_OPENCLAW_PORT=$(jq -r .CLAWLAMA_OPENCLAW_PORT "$SETTINGS")
  gateway_post clawlama/link 30 </dev/null >"$MINE/link.json" 2>/dev/null || true
  jq -c --slurpfile settings "$SETTINGS" 'select(.token) | $settings[0] as $settings | {schema: 1,
    url: ("http://\($settings.CLAWLAMA_PUBLISH_ADDRESS | sub("^0\\.0\\.0\\.0$"; "127.0.0.1")):\($settings.CLAWLAMA_OPENCLAW_PORT)"
      + "/#bootstrapToken=\(.token | @uri)&bootstrapProfile=owner"),
    expires_at: (.expiresAtMs / 1000 | floor | todate)}' "$MINE/link.json" >"$MINE/link.shown" 2>/dev/null || true
  [ -s "$MINE/link.shown" ] || link_failed "the gateway gave no key; see: clawlama status"
  if [ "$JSON" = true ]; then cat "$MINE/link.shown"; else jq -r .url "$MINE/link.shown"; fi
}

link_failed() {
  echo "clawlama link: $1" >&2
  exit 1
}

own_folder
link
