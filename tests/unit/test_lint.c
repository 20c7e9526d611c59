/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings of `kernsoak check`: each where it belongs, and nowhere else. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "detect/signatures.h"
#include "model/lint.h"

#define REAL "kernel: ./k\nload: { fib-rebalance: }\nguest: { vcpus: 2 }\n"

/* What was said, each in a line. */
static struct buf said;

static void hear(void *arg, const struct err *warning)
{
	(void)arg;
	buf_printf(&said, "%s\n", warning->msg);
}

static int kernel_without_kasan(void *arg, const char *ref, struct kconfig *ret, struct err *why)
{
	static const char text[] = "CONFIG_BUG=y\nCONFIG_LIST_HARDENED=y\n";

	(void)arg;
	if (str_eq(ref, "./missing"))
		return err_set(why, ENOENT, "there is no kernel ./missing");
	return kconfig_read("config", text, strlen(text), ret, why);
}

static struct lint lint_of_host(void)
{
	return (struct lint){ .say = hear,
			      .kernel = kernel_without_kasan,
			      .cpus = 2,
			      .memory_bytes = UINT64_C(1) << 30 };
}

static const char *warnings(const char *text)
{
	struct lint lint = lint_of_host();
	struct scenario_options opt = { .lint = &lint, .signature = signature_word };
	struct scenario sc = { 0 };
	struct err err = { 0 };

	buf_clear(&said);
	assert_ok(scenario_parse("s.yaml", text, strlen(text), &opt, &sc, &err));
	scenario_done(&sc);
	lint_done(&lint);
	return buf_str(&said);
}

static void assert_warns(const char *text, const char *at, const char *what)
{
	const char *w = warnings(text);
	_cleanup_free_
	char *begin = xasprintf("s.yaml:%s: warning: ", at);

	if (!str_after(w, begin) || !strstr(w, what))
		fail_msg("%s\nshould warn at %s: %s\nand says: %s", text, at, what, w);
	if (strstr(w + 1, "s.yaml:"))
		fail_msg("%s\nwarns twice: %s", text, w);
}

static void assert_quiet(const char *text)
{
	if (*warnings(text))
		fail_msg("%s\nshould not warn: %s", text, buf_str(&said));
}

static void a_soak_shorter_than_a_boot(void **state)
{
	(void)state;
	assert_warns(REAL "limits: { soak: 4s }", "4:17", "a soak of 4s is shorter than a boot");
	assert_quiet(REAL "limits: { soak: 10s }");
	assert_quiet("guest: { backend: fake }\nlimits: { soak: 4s }");
}

static void a_target_that_the_kernel_cannot_print(void **state)
{
	(void)state;
	assert_warns(REAL "fail: { target: { class: kasan } }", "4:26",
		     "kasan is never seen: ./k was built without CONFIG_KASAN");
	assert_warns(REAL "fail: { target: { class: [kasan, soft-lockup] } }", "4:26",
		     "without CONFIG_SOFTLOCKUP_DETECTOR");
	assert_quiet(REAL "fail: { target: { class: [kasan, oops] } }");
	assert_quiet(REAL "fail: { target: { class: bug } }");
	assert_quiet(REAL "fail: { target: { class: list-corruption } }"); /* either of two */
	assert_quiet(REAL "fail: { target: { class: double-free } }");     /* or slub_debug */
	assert_quiet(REAL "fail: { target: { class: atomic-sleep } }");    /* in part */
}

static void a_target_that_no_limit_finds(void **state)
{
	(void)state;
	assert_warns(REAL "fail: { target: { class: no-progress } }", "4:26",
		     "it is what limits.progress finds, and that is none");
	assert_warns(REAL "limits: { soak: 20s }\nfail: { target: { class: heartbeat-lost } }",
		     "5:26", "limits.heartbeat (30s) is not over before the soak is (20s)");
	assert_quiet(REAL "limits: { progress: 1m }\nfail: { target: { class: no-progress } }");
}

static void a_target_that_is_noise(void **state)
{
	(void)state;
	assert_warns(REAL "fail: { target: { class: bug } }\n"
			  "detect: { severity: { bug: noise } }",
		     "5:21", "its severity is noise");
}

static void a_kernel_that_is_not_to_be_had(void **state)
{
	(void)state;
	assert_warns("kernel: ./missing\nload: { fib-rebalance: }\nguest: { vcpus: 2 }", "1:9",
		     "there is no kernel ./missing");
}

static void arms_that_do_not_differ(void **state)
{
	(void)state;
	assert_warns(REAL "arms:\n  a:\n  b: { guest: { memory: 64MiB } }\n"
			  "  c: { guest: { memory: 256MiB } }\n  d: { guest: { accel: tcg } }",
		     "7:3", "the arms a and c do not differ");
}

static void more_than_the_host_has(void **state)
{
	(void)state;
	assert_warns("kernel: ./k\nload: { fib-rebalance: }\nguest: { vcpus: 4 }", "3:17",
		     "4 vCPUs on a host of 2 processors");
	assert_warns("kernel: ./k\nload: { shell: { script: x } }\nguest: { memory: 600MiB }",
		     "3:18", "2 guests of 600 MiB at once, and this host has 1 GiB");
	assert_quiet("kernel: ./k\nload: { fib-rebalance: }\nguest: { vcpus: 2, memory: 600MiB }");
}

static void a_run_that_nothing_ends(void **state)
{
#define TWO "arms: { a: , b: { guest: { memory: 64MiB } } }\n"
	(void)state;
	assert_warns(REAL TWO "stop: { decided: { factor: 3 } }", "5:18", "nothing ends this");
	assert_quiet(REAL TWO "stop: { decided: { factor: 3 }, budget: 8h }");
	assert_quiet(REAL TWO "stop: { decided: { factor: 3 }, trials: 50 }");
}

static void a_budget_that_the_plan_does_not_fit_into(void **state)
{
	(void)state;
	assert_warns(REAL "limits: { soak: 10m }\nstop: { trials: 5, budget: 20m }", "5:28",
		     "the trials would soak for 50 m");
	assert_quiet(REAL "limits: { soak: 10m }\nstop: { trials: 5, budget: 1h }");
}

static void a_warning_that_all_arms_earn_is_said_once(void **state)
{
	(void)state;
	assert_warns(REAL "limits: { soak: 1s, report: 10ms }\n" TWO, "4:17",
		     "shorter than a boot");
}

static void the_scenarios_that_we_ship_warn_of_nothing(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };
	struct lint lint = { .say = hear };
	struct scenario_options opt = { .lint = &lint, .signature = signature_word };

	(void)state;
	buf_clear(&said);
	assert_ok(fs_list(AT_FDCWD, "scenarios", &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *path = xasprintf("scenarios/%s", names.item[i]);
		struct scenario sc = { 0 };

		/* its arm `again` is its arm `short` once more, on purpose */
		if (!strstr(path, ".yaml") || str_eq(names.item[i], "fib-pauses.yaml"))
			continue;
		assert_ok(scenario_read(path, &opt, &sc, &err));
		scenario_done(&sc);
	}
	assert_string_equal(buf_str(&said), "");
	lint_done(&lint);
}

static int forget(void **state)
{
	(void)state;
	buf_done(&said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_soak_shorter_than_a_boot),
		test(a_target_that_the_kernel_cannot_print),
		test(a_target_that_no_limit_finds),
		test(a_target_that_is_noise),
		test(a_kernel_that_is_not_to_be_had),
		test(arms_that_do_not_differ),
		test(more_than_the_host_has),
		test(a_run_that_nothing_ends),
		test(a_budget_that_the_plan_does_not_fit_into),
		test(a_warning_that_all_arms_earn_is_said_once),
		test(the_scenarios_that_we_ship_warn_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
