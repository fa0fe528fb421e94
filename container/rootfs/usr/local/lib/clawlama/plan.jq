# Facts in, decisions out. Inputs, each in an array of one: $settings (name to text), $hardware, $table (the fit table),
# $sizes (model to bytes, of what is there), $measured (what Ollama says of the models that are there), $calibration (of this
# machine with the model, null before it). $wanted: names by line.
# Formulas and limits: measured on the real parts; a comment says what each stands for.

def mib: 1048576;
# The gateway with its helpers and the page cache that it lives on; below this OpenClaw thrashes (reference/openclaw.md:
# 1792m holds it and a runner of 327 MiB, 1536m does not).
def gateway_memory: 1500 * mib;
# What OpenClaw wants of context: below the first it refuses turns, below the second the full profile evicts its own prompt.
def least_context: 4096;
def full_context: 16384;
# Tokens of what all conversations begin with (reference/openclaw.md), and the seconds in which a first answer should come.
def prompt_tokens: {full: 6300, lean: 3200};
def patience: 120;
# Of a turn whose beginning is computed already: tokens that are read, and written.
def usual_turn: {read: 300, written: 100};
def size_words: if . >= 1e9 then "\(. / 1e8 | round / 10) GB" else "\(. / 1e6 | round) MB" end;
def tagged: if . == "" then . elif (split("/") | last | contains(":")) then . else . + ":latest" end;

def host_reserve: if $hardware[0].memory_limit then 0 else ([512 * mib, $hardware[0].memory * 0.05] | max) end;
# Bytes that a model may take.
def budget: ([$hardware[0].memory, ($hardware[0].memory_limit // $hardware[0].memory)] | min) - gateway_memory - host_reserve;
# Of all cards together, less what CUDA takes of each for itself.
def vram: [$hardware[0].gpus[]? | .vram - 600 * mib] | add // 0;
# What the runner really takes is more than weights and KV: 30 %, and never less than 60 MiB.
def to_estimate: [. / 1.3, . - 60 * mib] | min;
def with_overhead: [. * 1.3, . + 60 * mib] | max;

def number($name): $settings[0][$name] | tonumber;
def parallel: number("OLLAMA_NUM_PARALLEL");
# Bytes of a number in the KV cache: 32 numbers of q8_0 share 2 bytes more. The table's are those of f16.
def number_bytes: if $settings[0].OLLAMA_KV_CACHE_TYPE == "q8_0" then 34 / 32 else 2 end;

# KV cache of a model that is there, from /api/show's model_info: bytes a token, and bytes whatever the context.
def kv_of($info):
  $info["general.architecture"] as $a
  | ($info[$a + ".block_count"]) as $layers
  | ($info[$a + ".attention.head_count"] // 1) as $heads
  | ($info[$a + ".attention.head_count_kv"] // $heads) as $kv_heads
  | (($info[$a + ".embedding_length"] // 0) / $heads) as $length
  | (($info[$a + ".attention.key_length"] // $length) + ($info[$a + ".attention.value_length"] // $length)) as $both
  | ($kv_heads * $both * number_bytes) as $per_layer
  | if $a == "gemma3" then
      ($layers / 6 | floor) as $full
      | ((parallel * ($info[$a + ".attention.sliding_window"] + (if parallel > 1 then 1 else 0 end)) + 512) / 256 | ceil * 256) as $cells
      | {kv_per_token: ($full * $per_layer), kv_fixed: (($layers - $full) * $per_layer * $cells)}
    else {kv_per_token: ($layers * $per_layer), kv_fixed: 0} end;

def measured_model:
  . as $m
  | {name, size, trained: .info[.info["general.architecture"] + ".context_length"], tools: (.capabilities | index("tools") != null)}
    + kv_of($m.info);

def table: $table[0].models[] | .kv_per_token *= number_bytes / 2 | .kv_fixed *= number_bytes / 2;

# What is known of a model, best first: what it says itself, the table, its size alone, its name alone.
def known:
  tagged as $name
  | ([$measured[0][] | select(.name == $name) | measured_model][0])
    // ([table | select((.name | tagged) == $name)][0])
    // {name: $name, size: ($sizes[0][$name] // null)};

def kv_at($context): .kv_fixed + .kv_per_token * $context * parallel;
def memory_at($context): (.size + kv_at($context)) | with_overhead;
# Nobody here knows the memory of a machine elsewhere: this much context, or what was asked for.
def elsewhere: $settings[0].CLAWLAMA_OLLAMA_URL != "";
def context_elsewhere: if number("CLAWLAMA_CONTEXT_WINDOW") == 131072 then 32768 else number("CLAWLAMA_CONTEXT_WINDOW") end;
def context_ceiling: [number("CLAWLAMA_CONTEXT_WINDOW"), (.trained // number("CLAWLAMA_CONTEXT_WINDOW"))] | min;
def wanted_profile: $settings[0].CLAWLAMA_PROFILE;
def wanted_context: if wanted_profile != "lean" then full_context else 8192 end;
def holds_context($bytes): ($bytes - .size - .kv_fixed) / (.kv_per_token * parallel) / 1024 | floor * 1024;
# Weights and enough of context; else the CPU computes a part.
def on_cards: .size != null and .kv_per_token != null and holds_context(vram | to_estimate) >= ([context_ceiling, wanted_context] | min);
# Tokens of context that there is room for, in whole thousands.
def context_that_fits:
  if elsewhere then context_elsewhere
  elif .kv_per_token == null then null
  elif on_cards then holds_context(vram | to_estimate)
  else holds_context(budget | to_estimate) end;
def context_used:
  context_that_fits as $fits
  | if $fits == null then null else [context_ceiling, $fits] | min end;
def fits_at($context):
  if elsewhere or .size == null then true
  elif .kv_per_token == null then (.size | with_overhead) <= budget
  else context_that_fits >= ([context_ceiling, $context] | min) end;

# A smaller model that is on the cards as a whole is many times faster than a larger one in part.
def largest_that_fits: [table | select(on_cards)][0] // [table | select(fits_at(wanted_context))][0] // [table | select(fits_at(least_context))][0];

def memory_words:
  "\($hardware[0].memory_limit // $hardware[0].memory | size_words)\(if $hardware[0].memory_limit then " (the container's limit)" else "" end) less \(gateway_memory + host_reserve | size_words) for the gateway\(if host_reserve > 0 then " and the host" else "" end)";

# The model, where it came from, and why.
def choice($listed):
  if $settings[0].CLAWLAMA_MODEL_FILE != "" then
    {name: ([$sizes[0] | keys[] | select(. == $listed[0])][0] // $listed[0]), why: "the model file \($settings[0].CLAWLAMA_MODEL_FILE)"}
  elif $listed != [] then {name: $listed[0], why: null}
  elif elsewhere then
    ($sizes[0] | keys) as $there
    | {name: ([$table[0].models[].name | tagged | select(. as $name | $there | index($name))] + $there)[0],
       why: "it is there already, at \($settings[0].CLAWLAMA_OLLAMA_URL)"}
  else largest_that_fits as $best
    | if $best == null then {name: null}
      elif ($best | on_cards) then
        {name: ($best.name | tagged), why: "it is the largest that the \($hardware[0].gpus | map(.vram) | add | size_words) of \($hardware[0].gpus | map(.name) | join(" and ")) hold"}
      elif $best.name == $table[0].models[0].name then {name: ($best.name | tagged), why: "the default model fits"}
      else {name: ($best.name | tagged),
            why: "\($table[0].models[0].name) needs \([table][0] | memory_at([.trained, wanted_context] | min) | size_words), \(budget | size_words) are there (\(memory_words)); \($best.name) is the largest that fits"} end
  end;

def usable_cores:
  $hardware[0] as $h | [$h.cores, (if $h.cpu_quota then [($h.cpu_quota | floor), 1] | max else $h.cores end)] | min;
# From four on, one is left for the gateway, where nothing was measured.
def likely_threads: usable_cores | if . >= 4 then . - 1 else . end;
# The likely one first. A part of a core beyond the quota may pay or not; so may the last core, which the gateway wants, too.
def threads_to_try:
  $settings[0].OLLAMA_NUM_THREADS as $asked
  | if elsewhere then []
    elif $asked != "auto" then [[($asked | tonumber), $hardware[0].logical_cores] | min]
    elif on_cards then [likely_threads]
    else [usable_cores, usable_cores - 1, ($hardware[0].cpu_quota // empty | ceil)]
      | map(select(. >= 1 and . <= $hardware[0].cores)) | [likely_threads] + (unique - [likely_threads]) end;

# What else goes on there can only slow it: of each count, the best that was seen.
def speeds:
  $calibration[0].speeds // []
  | group_by(.threads) | map({threads: .[0].threads, prefill: (map(.prefill) | max), decode: (map(.decode) | max)});
def turn_seconds: usual_turn.read / .prefill + usual_turn.written / .decode;
# The fewest threads with which a turn takes no longer than it must; a tenth is noise.
def best_speed: speeds | (map(turn_seconds) | min) as $least | map(select(turn_seconds <= $least * 1.1)) | min_by(.threads);

def threads:
  $settings[0].OLLAMA_NUM_THREADS as $asked
  | threads_to_try[0] as $count
  | if elsewhere then {count: null, why: null}
    elif $asked == "auto" then
      (best_speed.threads // $count) as $best
      | {count: $best, why: (if $best != $count then "\($best) threads are faster here than \($count)" else null end)}
    elif $count < ($asked | tonumber)
    then {count: $count, why: "OLLAMA_NUM_THREADS=\($asked) is more than the \($hardware[0].logical_cores) processors there are: \($count) are used"}
    else {count: $count, why: null} end;

# Seconds until a first answer when nothing of its prompt is computed: as seen, else by what reading takes; null before both.
def cold($profile):
  prompt_tokens[$profile] as $tokens
  | $calibration[0].cold[$profile]
    // ($calibration[0].reading // (best_speed | if . then {token: (1 / .prefill), depth: 0} else null end)
        | if . then $tokens * (.token + .depth * $tokens / 2) else null end);

# The profile, and why it is another one than was asked for.
def profile($context):
  if $context != null and $context < full_context and wanted_profile != "lean" then
    {name: "lean", why: "the full profile needs a context of \(full_context), so the lean one is used"}
  elif wanted_profile != "auto" then {name: wanted_profile, why: null}
  elif (cold("full") // 0) > patience then
    {name: "lean", why: "a first answer with the full profile takes \(cold("full") | round) s here, more than \(patience): so the lean one is used"}
  else {name: "full", why: null} end;

def speed($profile):
  best_speed | if . == null then null else
    {prefill: (prompt_tokens[$profile] / cold($profile) | round), decode: (.decode * 10 | round / 10), cold: ([cold($profile), 1] | max | round)}
    | .words = "reads \(.prefill) and writes \(.decode) tokens a second; a first answer whose beginning is not computed yet takes some \(.cold) s" end;

def offered($name):
  ($name | known) as $model
  | {name: $name, context: ($model | context_used), tools: ($model | if has("tools") then .tools else true end)}
  | .max_tokens = ([number("CLAWLAMA_MAX_TOKENS"), ((.context // 131072) / 2 | floor)] | min);

($wanted | split("\n") | map(select(. != ""))) as $listed
| choice($listed) as $choice
| (($choice.name // "") | known) as $model
| ($model | context_used) as $context
| ($model | threads) as $threads
| profile($context) as $profile
| {schema: 1,
   model: $choice.name,
   models: ([$choice.name] + ($listed - [$choice.name]) | map(select(. != null)) | map(offered(.))),
   context: $context,
   threads: $threads.count,
   threads_to_try: ($model | threads_to_try),
   speed: ($model | speed($profile.name)),
   profile: $profile.name,
   demonstration: ($settings[0].CLAWLAMA_DEMONSTRATION == "true"),
   memory: {budget: (budget | floor), kv: (if (elsewhere | not) and $model.kv_per_token and $context then ($model | kv_at($context) | floor) else null end), needed: (if (elsewhere | not) and $model.kv_per_token and $context then ($model | memory_at($context) | floor) else null end)},
   why: ([$choice.why,
          (if vram > 0 and $model.size != null and $model.kv_per_token != null and ($model | on_cards | not) then
             "\($choice.name) does not fit the card's \($hardware[0].gpus | map(.vram) | add | size_words): the CPU computes a part of it" + ([table | select(on_cards)][0] | if . then "; \(.name) would fit" else "" end) else null end),
          (if $context != null and $context < ($model | context_ceiling) then (if elsewhere then "context \($context), as the memory at \($settings[0].CLAWLAMA_OLLAMA_URL) is not known here: CLAWLAMA_CONTEXT_WINDOW sets another"
                else "context \($context) is what the memory holds" + (if number_bytes == 2 then "; OLLAMA_KV_CACHE_TYPE=q8_0 makes room for nearly twice that" else "" end) end) else null end),
          (if $context != null and $model.trained != null and $model.trained == $context and $context < number("CLAWLAMA_CONTEXT_WINDOW")
           then "context \($context) is what the model was trained for" else null end),
          $profile.why,
          $threads.why] | map(select(. != null))),
   refusal:
     (if $choice.name == null and elsewhere then
        "CLAWLAMA_OLLAMA_URL=\"\($settings[0].CLAWLAMA_OLLAMA_URL)\": must have a model, or be told which; set CLAWLAMA_MODEL, for example qwen3:4b"
      elif $choice.name == null then
        "memory=\(budget | size_words): no model of the fit table fits \(memory_words); give the container more memory, or set CLAWLAMA_MODEL to a smaller one"
      elif ($model | fits_at(least_context) | not) then
        "CLAWLAMA_MODEL=\"\($choice.name)\": needs \($model | if .kv_per_token then memory_at(least_context) else .size | with_overhead end | size_words) of memory, \(budget | size_words) are there (\(memory_words)); give it more memory, or take \(largest_that_fits | if . then .name else "a smaller model" end)"
      else null end),
   hardware: $hardware[0]}
