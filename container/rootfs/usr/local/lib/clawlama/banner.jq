$plan[0] as $plan | $versions[0].versions as $versions
| "------------------------------------------------------------------------------",
  "ClawLama is ready at http://\($address):\($port)/   (the link with its key: docker exec clawlama clawlama link)",
  "machine   \($hardware)",
  "model     \($plan.model), context \($plan.context), \(if $plan.threads then "\($plan.threads) threads" else "at \($ollama)" end), profile \($plan.profile)",
  ($plan.why[] | "          \(.)"),
  ($plan.speed // empty | "speed     \(.words)"),
  (if ($plan.models | length) > 1 then "also      \([$plan.models[1:][].name] | join(", "))" else empty end),
  ($models[0][] | select(.ok | not) | "missing   \(.name): \(.reason)"),
  (if $plan.demonstration then
    "note      THIS IS A DEMONSTRATION MODEL: it shows that the path works, its answers are of no use.",
    "          For a real one set CLAWLAMA_MODEL (for example qwen3:4b) where a model registry can be reached." else empty end),
  "versions  OpenClaw \($versions.openclaw), \(if $plan.threads then "Ollama \($versions.ollama), " else "" end)Node \($versions.node)",
  "------------------------------------------------------------------------------"
