/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks into what the Makefile builds from tests/symbols; nm says where things are. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/proc.h"
#include "symbol/symbol.h"

#define MODULE_FILE "lib/modules/6.1.0-9-test/net/so-team.ko.debug"

static struct err err;
static struct symbol_reply reply;

/* A file of the build's, in one of a few buffers. */
static const char *built(const char *name)
{
	static char path[4][256];
	static unsigned i;
	const char *build = getenv("BUILD");

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/tests/symbols/%s", build ? build : "build", name);
	return path[i];
}

/* The n-th symbol of that name, in order of addresses; its size where ret_size is not NULL. */
static uint64_t address(const char *file, const char *name, unsigned nth, uint64_t *ret_size)
{
	const char *argv[] = { "nm", "-nS", built(file), NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	char *save = NULL;

	assert_int_equal(proc_output(argv, 1 << 20, &out, &err), 0);
	for (char *l = strtok_r(out.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		unsigned long long at = 0, size = 0;
		char type, word[128] = "";

		if (sscanf(l, "%llx %llx %c %127s", &at, &size, &type, word) != 4 &&
		    sscanf(l, "%llx %c %127s", &at, &type, word) != 3)
			continue;
		if (!str_eq(word, name) || nth-- > 0)
			continue;
		if (ret_size)
			*ret_size = size;
		return at;
	}
	fail_msg("%s has no %s", file, name);
	return 0;
}

static struct symbols *of_vmlinux(const char *name)
{
	struct symbol_sources from = { .vmlinux = built(name) };
	struct symbols *sy = NULL;

	assert_ok(symbols_open(&from, &sy, &err));
	return sy;
}

static struct symbols *of_folder(const char *name)
{
	struct symbol_sources from = { .debug_dir = built(name) };
	struct symbols *sy = NULL;

	assert_ok(symbols_open(&from, &sy, &err));
	return sy;
}

/* The frame that a trace of the test kernel would have at `label` in the nth `function`. */
static struct symbol_frame frame_at(const char *function, unsigned nth, const char *label)
{
	struct symbol_frame f = { .function = function };
	uint64_t at = address("vmlinux", function, nth, &f.size);

	f.offset = address("vmlinux", label, 0, NULL) - at;
	return f;
}

static void assert_place(size_t i, const char *function, const char *file, unsigned line)
{
	if (reply.answer != SYMBOL_LINES || i >= reply.n)
		fail_msg("no place %zu: %s", i, reply.why);
	assert_string_equal(reply.place[i].function, function);
	assert_string_equal(reply.place[i].file, file);
	assert_int_equal(reply.place[i].line, line);
}

static void assert_inlined_chain(const char *file)
{
	struct symbols *sy = of_vmlinux(file);
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");

	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.n, 3);
	assert_place(0, "leaf", "drivers/soak/leaf.h", 13);
	assert_place(1, "middle", "drivers/soak/middle.h", 22);
	assert_place(2, "fib_rebalance", "drivers/soak/fib.c", 103);
	symbols_free(sy);
}

static void an_address_is_a_chain_of_inlined_functions(void **state)
{
	(void)state;
	assert_inlined_chain("vmlinux");
}

static void compressed_sections_are_read(void **state)
{
	(void)state;
	assert_inlined_chain("zlib/vmlinux");
	assert_inlined_chain("zlib-gnu/vmlinux");
}

static void without_an_index_of_addresses_the_units_are_asked(void **state)
{
	(void)state;
	assert_inlined_chain("no-ranges/vmlinux");
}

static void a_return_address_belongs_to_the_call_before_it(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = frame_at("soak_call", 0, "after_call");

	(void)state;
	symbols_look_up(sy, &f, &reply);
	assert_place(0, "soak_call", "drivers/soak/call.c", 203);
	f.caller = true;
	symbols_look_up(sy, &f, &reply);
	assert_place(0, "soak_call", "drivers/soak/call.c", 202);
	symbols_free(sy);
}

static void suffixes_of_compilers_are_found_by_the_plain_name(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame walk = frame_at("soak_walk.isra.0", 0, "at_walk");
	struct symbol_frame cold = frame_at("soak_call.cold", 0, "at_cold");

	(void)state;
	symbols_look_up(sy, &walk, &reply);
	assert_place(0, "soak_walk", "drivers/soak/walk.c", 403);
	walk.function = "soak_walk";
	symbols_look_up(sy, &walk, &reply);
	assert_place(0, "soak_walk", "drivers/soak/walk.c", 403);
	cold.function = "soak_call"; /* two are called so: the size tells them apart */
	symbols_look_up(sy, &cold, &reply);
	assert_place(0, "soak_cold", "drivers/soak/call.c", 303);
	cold.size = 16; /* of both, with the padding: the name as it was printed does */
	symbols_look_up(sy, &cold, &reply);
	assert_string_equal(reply.place[0].function, "soak_call");
	cold.function = "soak_call.cold";
	symbols_look_up(sy, &cold, &reply);
	assert_place(0, "soak_cold", "drivers/soak/call.c", 303);
	symbols_free(sy);
}

static void of_two_functions_of_a_name_the_size_chooses(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = frame_at("twin", 0, "at_small_twin");

	(void)state;
	symbols_look_up(sy, &f, &reply);
	assert_string_equal(reply.place[0].file, "drivers/soak/twin.c");
	f = frame_at("twin", 1, "at_large_twin");
	symbols_look_up(sy, &f, &reply);
	assert_string_equal(reply.place[0].file, "drivers/soak/other.c");
	symbols_free(sy);
}

static void of_two_functions_of_a_name_and_size_neither_is_guessed(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = frame_at("same", 0, "at_one_of_same");

	(void)state;
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_AMBIGUOUS);
	assert_non_null(strstr(reply.why, "2 functions of that size are called same"));
	symbols_free(sy);
}

static void the_padding_behind_a_function_counts_as_kernels_count_it(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");
	uint64_t next = address("vmlinux", "soak_call", 0, NULL);

	(void)state;
	f.size = next - address("vmlinux", "fib_rebalance", 0, NULL);
	symbols_check(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_FITS);
	f.size++;
	symbols_check(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	symbols_free(sy);
}

static void a_wrong_vmlinux_gives_no_line_and_says_both_sizes(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame wrong = frame_at("fib_rebalance", 0, "at_leaf");
	struct symbol_frame right = frame_at("soak_call", 0, "after_call");
	char size[32];

	(void)state;
	wrong.size = 0x1a0;
	symbols_check(sy, &wrong, &reply);
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	snprintf(size, sizeof(size), "and 0x%llx there",
		 (unsigned long long)(address("vmlinux", "at_leaf", 0, NULL) -
				      address("vmlinux", "fib_rebalance", 0, NULL)));
	assert_non_null(strstr(reply.why, "fib_rebalance has 0x1a0 bytes in the log"));
	assert_non_null(strstr(reply.why, size));
	symbols_look_up(sy, &right, &reply); /* it is another build, so nothing of it is believed */
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	assert_int_equal(reply.n, 0);
	symbols_new_log(sy);
	symbols_look_up(sy, &right, &reply);
	assert_int_equal(reply.answer, SYMBOL_LINES);
	symbols_free(sy);
}

static void two_functions_that_are_not_there_are_another_build_and_one_is_not(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = { .function = "garbl_d", .size = 0x10 };

	(void)state;
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_ABSENT);
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_ABSENT);
	f.function = "bpf_prog_0123456789abcdef_x";
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_ABSENT);
	f.function = "of_another_kernel";
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	symbols_free(sy);
}

static void modules_are_found_below_the_folder(void **state)
{
	struct symbols *sy = of_folder("lib");
	struct symbol_frame f = { .function = "team_xmit", .module = "so_team", .caller = true };

	(void)state;
	address(MODULE_FILE, "team_xmit", 0, &f.size);
	f.offset = address(MODULE_FILE, "at_xmit", 0, NULL) + 1;
	symbols_look_up(sy, &f, &reply);
	assert_place(0, "team_xmit", "drivers/net/team.c", 103);
	f.function = "team_init";
	symbols_look_up(sy, &f, &reply);
	assert_place(0, "team_init", "drivers/net/team.c", 303);
	f.function =
		"team_slow"; /* the last of its code: the kernel counts to the end of the page */
	f.size = 4096 - ((f.size + 15) & ~UINT64_C(15));
	symbols_look_up(sy, &f, &reply);
	assert_place(0, "team_slow", "drivers/net/team.c", 203);
	f.module = "absent";
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_NO_FILE);
	assert_non_null(strstr(reply.why, "no file for module absent"));
	symbols_free(sy);
}

static void of_several_kernels_the_release_chooses(void **state)
{
	char dir[] = "/tmp/kernsoak-symbol-XXXXXX";
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");
	struct symbol_sources from = { .debug_dir = dir };
	struct symbols *sy = NULL;
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/vmlinux-6.1.0-5", dir);
	assert_ok(fs_copy(AT_FDCWD, built("no-lines/vmlinux"), AT_FDCWD, path, &err));
	snprintf(path, sizeof(path), "%s/vmlinux-6.1.0-54", dir);
	assert_ok(fs_copy(AT_FDCWD, built("vmlinux"), AT_FDCWD, path, &err));
	assert_ok(symbols_open(&from, &sy, &err));
	symbols_release(sy, "6.1.0-54");
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_LINES);
	symbols_release(sy, "6.1.0-5");
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_NO_DEBUG);
	symbols_free(sy);
	assert_ok(fs_remove_tree(AT_FDCWD, dir, &err));
}

static void build_ids_that_differ_are_another_build(void **state)
{
	struct symbols *sy = of_vmlinux("vmlinux");
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");

	(void)state;
	symbols_build_id(sy, "", "0123456789abcdef0123456789abcdef01234567");
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	assert_non_null(strstr(reply.why, "0123456789abcdef0123456789abcdef01234567"));
	symbols_free(sy);
}

static void write_file(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_int_equal(fs_write_all(fd, data, n), 0);
	close(fd);
}

static void a_system_map_knows_names_and_sizes_and_no_lines(void **state)
{
	static const char map[] = "ffffffff81000000 T _text\n"
				  "ffffffff81000100 t fib_rebalance\n"
				  "ffffffff810002a0 T soak_call\n"
				  "ffffffff81000300 T _etext\n";
	char path[] = "/tmp/kernsoak-symbol-XXXXXX";
	struct symbol_sources from = { .system_map = path };
	struct symbol_frame f = { .function = "fib_rebalance", .offset = 0x128, .size = 0x1a0 };
	struct symbol_frame bare = { .address = UINT64_C(0xffffffff81000228) };
	struct symbols *sy = NULL;

	(void)state;
	close(mkstemp(path));
	write_file(path, map, strlen(map));
	assert_ok(symbols_open(&from, &sy, &err));
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_NO_LINES);
	symbols_look_up(sy, &bare, &reply);
	assert_string_equal(reply.symbol, "fib_rebalance+0x128/0x1a0");
	symbols_moved(sy, 0x1000000);
	bare.address += 0x1000000;
	symbols_look_up(sy, &bare, &reply);
	assert_string_equal(reply.symbol, "fib_rebalance+0x128/0x1a0");
	f.size = 0x190;
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_MISFIT);
	symbols_free(sy);
	write_file(path,
		   "\x7f"
		   "ELF",
		   4);
	assert_int_equal(symbols_open(&from, &sy, &err), -EINVAL);
	assert_non_null(strstr(err.msg, ":1 is no line of a System.map"));
	unlink(path);
}

static void assert_refused(const char *path, const char *why)
{
	struct symbol_sources from = { .vmlinux = path };
	struct symbols *sy = NULL;

	assert_true(symbols_open(&from, &sy, &err) < 0);
	if (!strstr(err.msg, why))
		fail_msg("%s: not '%s' but: %s", path, why, err.msg);
}

static void what_is_no_vmlinux_is_refused_with_a_reason(void **state)
{
	char path[] = "/tmp/kernsoak-symbol-XXXXXX";

	(void)state;
	close(mkstemp(path));
	assert_refused("/nonexistent/vmlinux", "No such file");
	assert_refused("/tmp", "is no regular file");
	assert_refused(built("stripped/vmlinux"), "it was stripped");
	assert_refused(path, "is no ELF file");
	write_file(path, "MZ\0\0bzImage", 11);
	assert_refused(path, "bootable image");
	write_file(path,
		   "\xfd"
		   "7zXZ\0\0\0",
		   8);
	assert_refused(path, "unxz it first");
	write_file(path,
		   "\x7f"
		   "ELF\2\1\1",
		   7);
	assert_refused(path, "no sound ELF file");
	unlink(path);
}

static void without_debug_information_there_is_a_reason_and_no_line(void **state)
{
	struct symbols *sy = of_vmlinux("no-lines/vmlinux");
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");

	(void)state;
	symbols_look_up(sy, &f, &reply);
	assert_int_equal(reply.answer, SYMBOL_NO_DEBUG);
	assert_non_null(strstr(reply.why, "has no debug information"));
	symbols_free(sy);
}

/* Every truncation, and every byte flipped in its turn: an answer or a sentence. */
static void a_damaged_vmlinux_is_an_answer_or_a_sentence(void **state)
{
	char path[] = "/tmp/kernsoak-symbol-XXXXXX";
	struct symbol_frame f = frame_at("fib_rebalance", 0, "at_leaf");
	struct symbol_sources from = { .vmlinux = path };
	_cleanup_buf_ struct buf whole = BUF_INIT;
	size_t answers = 0;

	(void)state;
	close(mkstemp(path));
	assert_ok(fs_read(AT_FDCWD, built("vmlinux"), 1 << 20, &whole, &err));
	for (size_t i = 0; i < 600; i++) {
		size_t at = i * whole.len / 600, n = i % 2 ? whole.len : at;
		struct symbols *sy = NULL;

		whole.data[at] ^= (char)0xff;
		write_file(path, whole.data, n);
		whole.data[at] ^= (char)0xff;
		err.msg[0] = '\0';
		if (symbols_open(&from, &sy, &err) < 0) {
			assert_true(err.msg[0]);
			continue;
		}
		symbols_look_up(sy, &f, &reply);
		assert_true(reply.answer == SYMBOL_LINES || reply.why[0]);
		answers += reply.answer == SYMBOL_LINES;
		symbols_free(sy);
	}
	assert_in_range(answers, 1, 599);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_address_is_a_chain_of_inlined_functions),
		test(compressed_sections_are_read),
		test(without_an_index_of_addresses_the_units_are_asked),
		test(a_return_address_belongs_to_the_call_before_it),
		test(suffixes_of_compilers_are_found_by_the_plain_name),
		test(of_two_functions_of_a_name_the_size_chooses),
		test(of_two_functions_of_a_name_and_size_neither_is_guessed),
		test(the_padding_behind_a_function_counts_as_kernels_count_it),
		test(a_wrong_vmlinux_gives_no_line_and_says_both_sizes),
		test(two_functions_that_are_not_there_are_another_build_and_one_is_not),
		test(modules_are_found_below_the_folder),
		test(of_several_kernels_the_release_chooses),
		test(build_ids_that_differ_are_another_build),
		test(a_system_map_knows_names_and_sizes_and_no_lines),
		test(what_is_no_vmlinux_is_refused_with_a_reason),
		test(without_debug_information_there_is_a_reason_and_no_line),
		test(a_damaged_vmlinux_is_an_answer_or_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
