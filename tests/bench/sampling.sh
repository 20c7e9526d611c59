#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the agent's sampling costs a real guest: one with a sample a second beside one without. Twice
# measured: by the guest's own clock (what ran of PID 1, /proc/1/schedstat), which on a busy host
# counts what the host took from it, too; and by what its vCPUs ran on the host. The promise is less
# than 1 % of the guest's CPU time, by its clock. TCG makes all of it some 10 times dearer than KVM.
. "$(dirname "$0")/../lib/tap.sh"

kernel=${1:-debian:6.12.117-cloud}
need_kernel "$kernel" || { echo "apt has no $kernel"; exit 0; }
cat >"$tmp/sampling.yaml" <<YAML
name: sampling
kernel: $kernel
guest: { vcpus: 2 }
load:
  shell:
    script: |
      ran() { read -r ns rest </proc/1/schedstat; echo \$ns; }
      up() { read -r s rest </proc/uptime; echo \${s%.*}\${s#*.}; } # in hundredths
      sleep 2; from=\$(ran); began=\$(up)
      for n in 1 2 3 4; do echo count \$n; sleep 5; done
      echo "share \$(( (\$(ran) - from) / (\$(up) - began) )) of 10000000" # ns in 10 ms
      sleep 100
limits: { soak: 26s }
stop: { trials: 1 }
arms:
  with:
  without: { evidence: { samples: none } }
YAML
"$kernsoak" run "$tmp/sampling.yaml" --results "$tmp/res" --no-report --quiet -j1 >"$tmp/run.out" 2>&1 || {
	cat "$tmp/run.out"
	exit 1
}
for arm in with without; do
	trial=$(dirname "$(grep -l "\"arm\": \"$arm\"" "$tmp"/res/*/trials/*/verdict.json)")
	share=$(sed -n 's/.*share%20\([0-9]*\)%20of.*/\1/p' "$trial/agent.log" | head -n 1)
	# "# host ... vcpu0=NS ... vcpu1=NS" of the first and the last second
	ran=$(sed -n 's/^\([0-9]*\) # host .*vcpu0=\([0-9]*\).*vcpu1=\([0-9]*\).*/\1 \2 \3/p' "$trial/agent.log" |
		awk 'NR == 1 { t = $1; r = $2 + $3 } { x = $1; y = $2 + $3 } END { print (x > t ? 100 * (y - r) / (x - t) : 0) }')
	echo "$arm ${share:-0} $(grep -c '^[0-9]* sample ' "$trial/agent.log") $(sed -n 's/.*"host_load": \([0-9.]*\).*/\1/p' "$trial/verdict.json") $ran"
done | awk '
	{ share[$1] = $2 / 1e5; samples[$1] = $3; load = $4; ran[$1] = $5 }
	END {
		if (!share["with"] || !share["without"] || samples["without"] || samples["with"] < 20) {
			print "the guests did not say what they should"; exit 1
		}
		d = share["with"] - share["without"]
		printf "agent of a guest with 2 CPUs, share of one CPU: %.3f %% with a sample a second (%d), %.3f %% without; ", share["with"], samples["with"], share["without"]
		printf "sampling costs %.3f %% (%.3f %% of the guest), %.2f times; host load %s\n", d, d / 2, share["with"] / share["without"], load
		printf "its vCPUs ran %.2f %% of a CPU of the host with, %.2f %% without: %.2f %% of the guest\n", ran["with"], ran["without"], (ran["with"] - ran["without"]) / 2
		exit d / 2 < 1 ? 0 : 1
	}'
