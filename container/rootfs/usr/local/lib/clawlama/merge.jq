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
  elif $found == $base or $base != $new then (if $base == [] and $found != [] and $new == [] then $found else $new end)
  else $found end;

$new[0] as $new
| (merge([$base[0]]; [$found[0] // {}]; [$new])[0])
# Never the user's nor the agent's to change: what the agent may do, and who may talk to it.
| .tools = $new.tools
| .gateway.auth = $new.gateway.auth
