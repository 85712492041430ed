// SPDX-License-Identifier: MIT
/* lwctl top: fdinfo's texts, and processes of a made-up /proc. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/lwctl/usage.h"

#define HEAD "pos:\t0\nflags:\t02100002\nmnt_id:\t25\nino:\t301\n"

static const char whole[] =
	HEAD
	"drm-driver:\tlwnpu\n"
	"drm-client-id:\t12\n"
	"drm-pdev:\t0000:00:04.0\n"
	"drm-engine-npu:\t1500000000 ns\n"
	"drm-engine-capacity-npu:\t4\n"
	"drm-cycles-npu:\t77\n"
	"drm-total-cycles-npu:\t99\n"
	"drm-maxfreq-npu:\t5 Hz\n"
	"drm-total-program:\t12 KiB\n"
	"lwnpu-jobs:\t42\n"
	"drm-total-memory:\t3 MiB\n"
	"drm-shared-memory:\t0\n"
	"drm-active-memory:\t1 MiB\n"
	"drm-resident-memory:\t2048 KiB\n"
	"drm-purgeable-memory:\t0\n";

static void whole_text(void **state)
{
	struct lw_fdinfo info;

	(void)state;
	memset(&info, 0xee, sizeof(info));
	assert_true(lw_fdinfo_parse(whole, &info));
	assert_int_equal(info.client, 12);
	assert_int_equal(info.engine_ns, 1500000000);
	assert_int_equal(info.jobs, 42);
	assert_int_equal(info.memory, (12 << 10) + (3 << 20));
	assert_int_equal(info.resident, 2 << 20);
}

static void other_files(void **state)
{
	static const char *const texts[] = {
		"", "\n", ":", HEAD, "drm-driver", "drm-driver:",
		"drm-driver:\t\nlwnpu", "drm-driver:\tlwnpu2\n",
		"drm-driver:\tlwnp\n", "drm-driver:\ti915\ndrm-client-id:\t1\n",
		"xdrm-driver:\tlwnpu\n", "drm-driver-x:\tlwnpu\n",
		"lwnpu: drm-driver\n",
	};
	struct lw_fdinfo info = { .client = 5 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(lw_fdinfo_parse(texts[i], &info));
	assert_int_equal(info.client, 5);
}

struct value {
	const char *text;
	uint64_t memory;
};

static void values(void **state)
{
	static const struct value table[] = {
		{ "0", 0 }, { "7", 7 }, { "7 KiB", 7 << 10 },
		{ "7 MiB", 7 << 20 }, { "3 GiB", 3ULL << 30 }, { "7KiB", 7168 },
		{ "7 parsecs", 7 }, { "", 0 }, { "-1", 0 }, { "x", 0 },
		{ " \t 8", 8 }, { "18446744073709551615", UINT64_MAX },
		{ "18446744073709551616", 0 },
		{ "18014398509481984 KiB", 0 },
	};
	struct lw_fdinfo info;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(text, sizeof(text),
			 "drm-total-memory:%s\ndrm-driver: lwnpu",
			 table[i].text);
		assert_true(lw_fdinfo_parse(text, &info));
		assert_int_equal(info.memory, table[i].memory);
	}
	/* A value does not go on in the next line. */
	assert_true(lw_fdinfo_parse("drm-driver:\tlwnpu\ndrm-total-a:\n12\n"
				    "drm-engine-a:\t1\ndrm-engine-b:\t2\n",
				    &info));
	assert_int_equal(info.memory, 0);
	assert_int_equal(info.engine_ns, 3);
}

/* Any beginning of a text, in memory that ends there. */
static void beginnings(void **state)
{
	struct lw_fdinfo info;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *text = strndup(whole, n);
		bool ours = n >= strlen(HEAD "drm-driver:\tlwnpu");

		assert_int_equal(lw_fdinfo_parse(text, &info), ours);
		free(text);
	}
}

/* A folder that stands for /proc. */
static char root[] = "/tmp/lwnpu-usage-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void make_file(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_process(int pid, const char *comm)
{
	static const char *const folders[] = { "%d", "%d/fd", "%d/fdinfo" };
	char name[64];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), folders[i], pid);
		make_folder(name);
	}
	snprintf(name, sizeof(name), "%d/comm", pid);
	make_file(name, comm);
}

static void make_fd(int pid, int fd, const char *target, const char *text)
{
	char name[64], path[256];

	snprintf(path, sizeof(path), "%s/%d/fd/%d", root, pid, fd);
	assert_int_equal(symlink(target, path), 0);
	snprintf(name, sizeof(name), "%d/fdinfo/%d", pid, fd);
	make_file(name, text);
}

static void make_node(int pid, int fd, int client, long long ns)
{
	char text[256];

	snprintf(text, sizeof(text),
		 HEAD "drm-driver:\tlwnpu\ndrm-client-id:\t%d\n"
		 "drm-engine-npu:\t%lld ns\nlwnpu-jobs:\t3\n"
		 "drm-total-memory:\t8 KiB\ndrm-resident-memory:\t4 KiB\n",
		 client, ns);
	make_fd(pid, fd, "/dev/accel/accel0", text);
}

static void scan(struct lw_usages *usages)
{
	struct lwnpu_error error;

	if (lw_usage_scan(usages, root, &error))
		fail_msg("%s", error.message);
}

static void processes(void **state)
{
	struct lw_usages usages;

	(void)state;
	make_folder("self");
	make_file("uptime", "1 1\n");
	make_process(17, "idle\n");
	make_fd(17, 0, "/dev/null", HEAD);
	make_fd(17, 3, "socket:[1]", whole);
	make_process(20, "two\n");
	make_node(20, 3, 1, 1000);
	make_node(20, 4, 1, 1000);
	make_node(20, 5, 2, 500);
	make_folder("21");
	make_process(30, "");
	for (int fd = 0; fd < 40; fd++)
		make_node(30, fd, 10 + fd, 100);
	scan(&usages);
	lw_usage_sort(&usages);
	assert_int_equal(usages.n, 2);
	assert_int_equal(usages.process[0].pid, 30);
	assert_string_equal(usages.process[0].command, "?");
	assert_int_equal(usages.process[0].clients, 40);
	assert_int_equal(usages.process[0].sum.engine_ns, 4000);
	assert_int_equal(usages.process[1].pid, 20);
	assert_string_equal(usages.process[1].command, "two");
	assert_int_equal(usages.process[1].clients, 2);
	assert_int_equal(usages.process[1].sum.engine_ns, 1500);
	assert_int_equal(usages.process[1].sum.jobs, 6);
	assert_int_equal(usages.process[1].sum.memory, 16 << 10);
	assert_int_equal(usages.process[1].sum.resident, 8 << 10);
	assert_true(usages.process[1].busy < 0);
	free(usages.process);
}

static void no_process(void **state)
{
	struct lw_usages usages;
	struct lwnpu_error error;

	(void)state;
	scan(&usages);
	assert_int_equal(usages.n, 0);
	lw_usage_sort(&usages);
	lw_usage_compare(&usages, &usages);
	free(usages.process);
	assert_int_equal(lw_usage_scan(&usages, "/nowhere", &error), -ENOENT);
	assert_non_null(strstr(error.message, "/nowhere"));
}

static struct lw_usage used(int pid, uint64_t ns)
{
	return (struct lw_usage){
		.pid = pid, .clients = 1, .sum.engine_ns = ns, .busy = -1,
	};
}

static void busy(void **state)
{
	struct lw_usage old[] = { used(1, 1000000000), used(2, 500),
				  used(3, 900), used(9, 1) };
	struct lw_usage new[] = { used(3, 100), used(4, 1), used(1, 4000000000),
				  used(2, 500) };
	struct lw_usages before = { 4, old, 10.0 }, now = { 4, new, 12.0 };

	(void)state;
	lw_usage_compare(&now, &before);
	lw_usage_sort(&now);
	assert_int_equal(new[0].pid, 1);
	assert_true(new[0].busy == 1.5);
	assert_int_equal(new[1].pid, 2);
	assert_true(new[1].busy == 0);
	/* Less than before. */
	assert_int_equal(new[2].pid, 3);
	assert_true(new[2].busy == 0);
	/* Not there before. */
	assert_int_equal(new[3].pid, 4);
	assert_true(new[3].busy < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_text),
		cmocka_unit_test(other_files),
		cmocka_unit_test(values),
		cmocka_unit_test(beginnings),
		cmocka_unit_test_setup_teardown(processes, make_root,
						remove_root),
		cmocka_unit_test_setup_teardown(no_process, make_root,
						remove_root),
		cmocka_unit_test(busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
