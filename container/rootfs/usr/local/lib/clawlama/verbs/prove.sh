# clawlama prove: a real question to the real agent, as the chat page would ask it, in a session that is deleted
# afterwards: so the page finds its prompt computed. It passes when the answer is not empty and Ollama shows that the
# planned model gave it at the planned context. Only what was asked, and not cut by the container's own end, goes on
# record: nothing else says anything new about the assistant.
for concern in paths status settings ollama gateway gpu; do . "$LIB/$concern.sh"; done
QUESTION='What is the capital of France?' RIGHT_ANSWER=Paris
# Characters: a small model may not find its end.
LONGEST_ANSWER=200

prove() {
  [ -s "$SETTINGS" ] || no_verdict "the container has not come so far yet"
  eval "$(jq -r 'to_entries[] | "\(.key)=\(.value | @sh)"' "$SETTINGS")"
  need_ready
  model=$(jq -r .model "$PLAN")
  used_before=$(last_use)
  started=$(date +%s%N)
  answer=$(ask) || prove_failed gateway "$answer"
  seconds=$(awk -v nanoseconds="$(($(date +%s%N) - started))" 'BEGIN { printf "%.1f", nanoseconds / 1e9 }')
  [ -n "$answer" ] || prove_failed agent "the answer was empty"
  [ "$(last_use)" != "$used_before" ] || prove_failed model "Ollama did not use $model for the answer \"$(printf %s "$answer" | tr '\n' ' ' | head -c 200)\""
  [ "$(loaded "$model" context_length)" = "$(jq -r .context "$PLAN")" ] || prove_failed model \
    "$model runs with a context of $(loaded "$model" context_length), planned are $(jq -r .context "$PLAN")"
  ! gpu_is_idle "$model" || prove_failed gpu "$(gpu_alarm || echo "$model is on the CPU, though there is a card")"
  verdict true
  keep_verdict
  say_verdict
}

need_ready() { [ "$(jq -r .state "$STATUS")" = ready ] || no_verdict "the container is not ready: $(jq -r .message "$STATUS")"; }

# The answer; or a reason, and false.
ask() {
  jq -n -c --arg text "$QUESTION" --argjson longest "$LONGEST_ANSWER" '{text: $text, longest: $longest}' |
    gateway_post clawlama/ask 1800 >"$MINE/proof.answer" 2>&1 || ask_failed
  if holds 'has("error")' <"$MINE/proof.answer"; then ask_failed; fi
  if holds 'has("text")' <"$MINE/proof.answer"; then jq -r .text "$MINE/proof.answer"; else ask_over_http; fi
}

# Where a configuration of the user's own leaves our plugin out.
ask_over_http() {
  jq -n -c --arg question "$QUESTION" --arg user "clawlama-proof-$$-$(date +%s)" '
    {model: "openclaw", user: $user, stream: false, max_tokens: 64, temperature: 0,
     messages: [{role: "user", content: $question}]}' |
    gateway_post v1/chat/completions 1800 >"$MINE/proof.answer" 2>&1 || ask_failed
  holds '.choices[0] | has("message")' <"$MINE/proof.answer" || ask_failed
  jq -r '.choices[0].message.content // empty' "$MINE/proof.answer"
}

ask_failed() {
  jq -r '.error.message? // .error // .' "$MINE/proof.answer" 2>/dev/null || head -c 300 "$MINE/proof.answer"
  exit 1
}

last_use() { loaded "$model" expires_at; }

prove_failed() {
  need_ready
  reason=$2 stage=$1
  verdict false
  keep_verdict
  say_verdict
  exit 1
}

no_verdict() {
  reason=$1 stage=start
  verdict false
  say_verdict
  exit 1
}

verdict() {
  jq -n -c --argjson ok "$1" --arg question "$QUESTION" --arg answer "${answer:-}" --arg right "$RIGHT_ANSWER" \
    --arg seconds "${seconds:-0}" --arg at "$(now)" --arg stage "${stage:-}" --arg reason "${reason:-}" \
    --slurpfile plan "$PLAN" '
    {schema: 1, ok: $ok, question: $question, answer: $answer, seconds: ($seconds | tonumber),
     correct: (if $ok then ($answer | contains($right)) else null end),
     model: $plan[0].model, context: $plan[0].context, threads: $plan[0].threads, profile: $plan[0].profile, at: $at}
    + if $ok then {} else {stage: $stage, reason: $reason} end' >"$MINE/proof.json"
}

keep_verdict() {
  cp "$MINE/proof.json" "$PROOF.new"
  mv "$PROOF.new" "$PROOF"
}

say_verdict() {
  if [ "$JSON" = true ]; then
    cat "$MINE/proof.json"
  else
    jq -r 'if .ok then "\(.question)\n\(.answer)\n(\(.seconds) s, \(.model))" else "not proven: \(.stage): \(.reason)" end' "$MINE/proof.json"
  fi
}

own_folder
prove
