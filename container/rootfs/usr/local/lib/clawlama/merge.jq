# Three-way merge of configurations. A value is [v], none is []: so a missing key and a null differ.
# Where we changed what we generate, ours wins; where we did not, the user's edit stays; keys that we stopped generating go.

def at($key): if . != [] and (.[0] | type == "object") and (.[0] | has($key)) then [.[0][$key]] else [] end;
def is_object: . != [] and (.[0] | type == "object");

def merge($base; $found; $new):
  if ($found | is_object) and ($new | is_object) then
    [reduce ((($found[0] + $new[0]) | keys_unsorted)[]) as $key ({};
      merge(($base | at($key)); ($found | at($key)); ($new | at($key))) as $merged
      | if $merged == [] then . else .[$key] = $merged[0] end)]
  elif ($found | is_object) and ($base | is_object) and $new == [] then
    # ours once, no longer: what the user added inside of it stays
    [reduce ($found[0] | keys_unsorted[]) as $key ({};
      merge(($base | at($key)); ($found | at($key)); []) as $merged
      | if $merged == [] then . else .[$key] = $merged[0] end)]
    | if .[0] == {} then [] else . end
  elif ($new | is_object) and $found != [] then $new
  elif $found == $base or $base != $new then (if $base == [] and $found != [] and $new == [] then $found else $new end)
  else $found end;

# Whoever wrote the file, and the agent can. What it may do and who may talk to it; and whom the gateway tells of itself,
# unasked: nobody. A user who wants that otherwise mounts a configuration of his own, which the agent cannot have written.
def always_ours: [
  ["tools"], ["gateway", "auth"],
  ["update"], ["telemetry"], ["discovery"], ["models", "catalogRefresh"],
  ["gateway", "controlUi", "communityInvite"], ["gateway", "controlUi", "automaticallyFetchFavicons"],
  ["plugins", "entries", "clawlama"]];
# Lists that may be added to, not cut: without our plugin there is no link, without a list all plugins are allowed.
def at_least_ours: [["plugins", "allow"], ["plugins", "load", "paths"]];

$new[0] as $new
| (merge([$base[0]]; [$found[0] // {}]; [$new])[0])
| reduce always_ours[] as $path (.;
    if ($new | getpath($path)) == null then delpaths([$path]) else setpath($path; $new | getpath($path)) end)
| reduce (at_least_ours[] | select(. as $path | $new | getpath($path))) as $path (.;
    setpath($path; ($new | getpath($path)) as $ours | $ours + ((getpath($path) // []) - $ours)))
