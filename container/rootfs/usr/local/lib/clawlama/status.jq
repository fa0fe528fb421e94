# What `clawlama status --json` shows, but for the recorded proof and `warm`. Unknown parts are null until they are known.
$plan[0] as $plan
| {schema: 1, state: $state, stage: $stage, reason: $reason, permanent: $permanent, message: $message, progress: $progress,
   model: $plan.model, context: $plan.context, threads: $plan.threads, profile: $plan.profile,
   speed: $plan.speed, demonstration: ($plan.demonstration // false), why: ($plan.why // []), models: ($models[0] // []),
   versions: ($versions[0].versions // null), incidents: ($incidents[0] // []), since: $since}
