# The template with what the settings and the plan decide. Keys and values: OpenClaw's own schema (`openclaw config schema`).
$settings[0] as $settings | $plan[0] as $plan
| def number($name): $settings[$name] | tonumber;
  # full, asked only where no rule covers the command, or always
  {"off": "full", "on-miss": "ask", "always": "ask"} as $exec_modes
| $template[0]
| .gateway.port = number("CLAWLAMA_OPENCLAW_PORT")
# All clients have one address, the bridge's: whoever guesses tokens locks out the owner too, so not for OpenClaw's 5 minutes.
| .gateway.auth.rateLimit = {maxAttempts: 30, windowMs: 60000, lockoutMs: 60000}
# Where the link may lead; other names of this machine are judged by OpenClaw.
| .gateway.controlUi.allowedOrigins = (["127.0.0.1", "localhost", $settings.CLAWLAMA_PUBLISH_ADDRESS] - ["0.0.0.0"] | unique
    | map("http://\(.):\($settings.CLAWLAMA_OPENCLAW_PORT)"))
| .secrets.providers.clawlama = {source: "file", path: $token_file, mode: "singleValue"}
| .models.providers.ollama = {
    baseUrl: $ollama, api: "ollama", apiKey: "ollama-local", timeoutSeconds: 1800,
    models: [$plan.models[] | {
      id: .name, name: .name, reasoning: false, input: ["text"],
      cost: {input: 0, output: 0, cacheRead: 0, cacheWrite: 0},
      contextWindow: .context, contextTokens: .context, maxTokens: .max_tokens,
      params: ({num_ctx: .context, num_predict: .max_tokens, keep_alive: "24h"}
        + if $plan.threads then {num_thread: $plan.threads} else {} end)}]}
# A request or two sum up what no longer fits. OpenClaw's own way makes one of every message where 0.4 of the context is less
# than 4,096 tokens, wants headings that small models leave out, and then refuses every further message.
| .agents.defaults.compaction = {mode: "default", timeoutSeconds: 1800, keepRecentTokens: (($plan.context // 16384) / 4 | floor),
    notifyUser: true, memoryFlush: {enabled: false}}
| .agents.defaults.model.primary = "ollama/\($plan.model)"
| .agents.defaults.workspace = $workspace
| .agents.defaults.maxConcurrent = number("CLAWLAMA_MAX_CONCURRENT")
| .agents.defaults.subagents.maxConcurrent = number("CLAWLAMA_SUBAGENT_CONCURRENT")
| .tools.exec.mode = $exec_modes[$settings.CLAWLAMA_EXEC_ASK]
| if $plan.profile == "lean" then .tools.allow = ["read", "write", "edit", "exec"] | .tools.toolSearch = false else . end
| if $telegram_file != "" then
    .plugins.allow += ["telegram"]
    | .channels.telegram = {enabled: true, tokenFile: $telegram_file, dmPolicy: "pairing", groupPolicy: "disabled"}
  else . end
