// SPDX-License-Identifier: MIT
/* The daemon as a service: command line, signals, service manager, removal. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../userspace/lwnpud/buffers.h"
#include "../../userspace/lwnpud/daemon.h"
#include "../../userspace/lwnpud/notify.h"
#include "../common/check_fixture.h"
#include "../common/ctl_kernel.h"

#define PATIENCE_MS 10000

/**
 * struct service - a daemon in a thread, and its manager
 * @kernel: the kernel
 * @options: of the daemon
 * @thread: it
 * @status: its exit status
 * @socket: what it notifies
 * @folder: of @address
 * @address: of @socket
 * @job: one that works
 */
struct service {
	struct ctl_kernel *kernel;
	struct lwd_options options;
	pthread_t thread;
	int status;
	int socket;
	char folder[32];
	struct sockaddr_un address;
	struct lwnpu_ctl_record job;
};

static void *run_daemon(void *argument)
{
	struct service *service = argument;

	service->status = lwd_daemon_run(&service->options, ctl_kernel_ioctl);
	return NULL;
}

static void open_manager(struct service *service)
{
	struct sockaddr_un *address = &service->address;

	strcpy(service->folder, "/tmp/lwnpud-XXXXXX");
	assert_non_null(mkdtemp(service->folder));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "%s/notify",
		 service->folder);
	service->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(service->socket >= 0);
	assert_int_equal(bind(service->socket, (struct sockaddr *)address,
			      sizeof(*address)), 0);
	setenv("NOTIFY_SOCKET", address->sun_path, 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	unsetenv("WATCHDOG_PID");
}

/* Waits for a message that holds @text. */
static void expect_message(struct service *service, const char *text)
{
	struct pollfd fd = { .fd = service->socket, .events = POLLIN };
	char message[600];
	ssize_t length;

	for (int i = 0; i < 10000; i++) {
		if (poll(&fd, 1, PATIENCE_MS) != 1)
			break;
		length = recv(service->socket, message, sizeof(message) - 1, 0);
		assert_true(length > 0);
		message[length] = '\0';
		if (strstr(message, text))
			return;
	}
	fail_msg("no message \"%s\"", text);
}

static void make_job(struct service *service)
{
	struct lwnpu_op op = {
		.opcode = LWNPU_OP_LUT, .in[0] = tensor(2, 1, 64, 4),
		.out = tensor(3, 1, 64, 4),
	};
	uint8_t table[256];

	memset(table, 7, sizeof(table));
	service->job = (struct lwnpu_ctl_record) {
		.n_bindings = 2, .deadline_ns = INT64_MAX,
		.program = ctl_kernel_program(service->kernel, &op, 1, table,
					      sizeof(table)),
		.binding[0] = { .size = 256, .region = 2, .direction = 1 },
		.binding[1] = { .size = 256, .region = 3, .direction = 2 },
	};
	service->job.binding[0].buffer = ctl_kernel_buffer(service->kernel,
							   256);
	service->job.binding[1].buffer = ctl_kernel_buffer(service->kernel,
							   256);
}

static struct service *service_open(bool remove)
{
	struct service *service = calloc(1, sizeof(*service));

	assert_non_null(service);
	service->kernel = ctl_kernel_open(16);
	service->options = (struct lwd_options) {
		.engine = "ref", .control = service->kernel->path, .jobs = 2,
		.memory = 1 << 20, .remove = remove,
	};
	open_manager(service);
	make_job(service);
	assert_int_equal(pthread_create(&service->thread, NULL, run_daemon,
					service), 0);
	return service;
}

static int service_close(struct service *service)
{
	int status;

	pthread_join(service->thread, NULL);
	status = service->status;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unlink(service->address.sun_path);
	rmdir(service->folder);
	close(service->socket);
	ctl_kernel_close(service->kernel);
	free(service);
	return status;
}

static void expect_job(struct service *service)
{
	const struct lwnpu_ctl_completion *said =
		ctl_kernel_wait(service->kernel,
				ctl_kernel_submit(service->kernel,
						  &service->job));

	assert_non_null(said);
	assert_int_equal(said->error, 0);
}

static void the_manager_is_told(void **state)
{
	struct service *service = service_open(false);
	const struct lwnpu_ctl_start *start = &service->kernel->start;

	(void)state;
	expect_message(service, "READY=1");
	assert_string_equal((const char *)start->name, "ref");
	assert_int_equal(start->capacity, 2);
	assert_int_equal(start->depth, 2 + 16);
	assert_true(start->ops & 1 << LWNPU_OP_LUT);
	assert_false(start->ops & 1);
	expect_job(service);
	expect_message(service, "WATCHDOG=1\nSTATUS=ref: 1 jobs done");
	kill(getpid(), SIGTERM);
	expect_message(service, "STOPPING=1");
	assert_int_equal(service->kernel->stops, 0);
	assert_int_equal(service_close(service), LWD_STOPPED);
}

static void the_node_can_be_removed(void **state)
{
	struct service *service = service_open(true);

	(void)state;
	expect_message(service, "READY=1");
	kill(getpid(), SIGINT);
	pthread_join(service->thread, NULL);
	assert_int_equal(service->kernel->stops, 1);
	assert_int_equal(pthread_create(&service->thread, NULL, run_daemon,
					service), 0);
	expect_message(service, "READY=1");
	expect_job(service);
	kill(getpid(), SIGHUP);
	assert_int_equal(service_close(service), LWD_STOPPED);
}

/* It goes on living, and starts another as soon as it can. */
static void a_removed_device_is_started_again(void **state)
{
	struct service *service = service_open(false);

	(void)state;
	expect_message(service, "READY=1");
	expect_job(service);
	ctl_kernel_lose(service->kernel, -ENODEV);
	expect_message(service, "waiting for a device");
	expect_message(service, "waiting for a device");
	ctl_kernel_lose(service->kernel, 0);
	expect_message(service, "READY=1");
	expect_job(service);
	assert_int_equal(service->kernel->starts, 2);
	ctl_kernel_lose(service->kernel, -ENODEV);
	expect_message(service, "waiting for a device");
	kill(getpid(), SIGTERM);
	assert_int_equal(service_close(service), LWD_STOPPED);
}

static void what_cannot_start_fails(void **state)
{
	struct service *service = service_open(false);
	struct lwd_options options = service->options;

	(void)state;
	expect_message(service, "READY=1");
	kill(getpid(), SIGTERM);
	pthread_join(service->thread, NULL);
	options.control = "/nonexistent/lwnpu-ctl";
	assert_int_equal(lwd_daemon_run(&options, ctl_kernel_ioctl),
			 LWD_FAILED);
	options = service->options;
	options.engine = "ref:5";
	assert_int_equal(lwd_daemon_run(&options, ctl_kernel_ioctl),
			 LWD_FAILED);
	/* The daemon would serve itself. */
	options.engine = "lwnpu";
	assert_int_equal(lwd_daemon_run(&options, ctl_kernel_ioctl),
			 LWD_FAILED);
	options.engine = "/dev/lwnpu";
	assert_int_equal(lwd_daemon_run(&options, ctl_kernel_ioctl),
			 LWD_FAILED);
	ctl_kernel_lose(service->kernel, -EBUSY);
	options = service->options;
	assert_int_equal(lwd_daemon_run(&options, ctl_kernel_ioctl),
			 LWD_FAILED);
	assert_int_equal(pthread_create(&service->thread, NULL, run_daemon,
					service), 0);
	assert_int_equal(service_close(service), LWD_FAILED);
}

static int parse(struct lwd_options *options, const char *const *words,
		 struct lwnpu_error *error)
{
	char *argv[8];
	int argc = 0;

	while (words[argc]) {
		argv[argc] = (char *)words[argc];
		argc++;
	}
	argv[argc] = NULL;
	optind = 0;
	return lwd_options_parse(options, argc, argv, error);
}

static void command_lines(void **state)
{
	static const char *const good[] = {
		"lwnpud", "--engine=opencl:1", "-j", "8", "--memory", "64",
		"--remove", NULL
	};
	static const char *const bad[][4] = {
		{ "lwnpud", "--jobs=0" }, { "lwnpud", "--jobs=65" },
		{ "lwnpud", "--jobs=2x" }, { "lwnpud", "--jobs=-1" },
		{ "lwnpud", "--memory=0" }, { "lwnpud", "--memory= 5" },
		{ "lwnpud", "--memory=99999999999999999999" },
		{ "lwnpud", "--engine" }, { "lwnpud", "--what" },
		{ "lwnpud", "-x" }, { "lwnpud", "word" },
		{ "lwnpud", "--remove=yes" },
	};
	static const char *const none[] = { "lwnpud", NULL };
	struct lwd_options options;
	struct lwnpu_error error;

	(void)state;
	assert_int_equal(parse(&options, none, &error), 0);
	assert_string_equal(options.engine, "opencl");
	assert_string_equal(options.control, "/dev/lwnpu-ctl");
	assert_false(options.remove);
	assert_int_equal(parse(&options, good, &error), 0);
	assert_string_equal(options.engine, "opencl:1");
	assert_int_equal(options.jobs, 8);
	assert_int_equal(options.memory, 64 << 20);
	assert_true(options.remove);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(&options, bad[i], &error) != -EINVAL)
			fail_msg("%s: was taken", bad[i][1]);
}

static void notifying_needs_a_manager(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(lwd_notify("READY=1\n"), 0);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(lwd_notify("READY=1\n"), 0);
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	assert_int_equal(lwd_notify("READY=1\n"), -ENOENT);
	setenv("NOTIFY_SOCKET", "@lwnpud-test-nobody", 1);
	assert_int_equal(lwd_notify("READY=1\n"), -ECONNREFUSED);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(lwd_notify_interval(), -1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(lwd_notify_interval(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(lwd_notify_interval(), -1);
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

/* The ones used last stay, and those in use in any case. */
static void few_buffers_stay_mapped(void **state)
{
	struct ctl_kernel *kernel = ctl_kernel_open(16);
	struct lwd_ctl ctl = { .fd = kernel->fd, .ioctl = ctl_kernel_ioctl };
	struct lwnpu_ctl_start start = {
		.version = LWNPU_CTL_VERSION, .capacity = 1, .depth = 1,
	};
	struct lwnpu_ctl_record job = { .n_bindings = 0 };
	struct lwd_buffers buffers;
	struct lwd_buffer *buffer[10], *again;

	(void)state;
	for (int i = 0; i < 10; i++)
		ctl_kernel_buffer(kernel, 1);
	ctl_kernel_ioctl(0, LWNPU_CTL_START, &start);
	ctl_kernel_submit(kernel, &job);
	lwd_buffers_init(&buffers, 4);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(lwd_buffers_get(&buffers, &ctl, 0, i, false,
						 &buffer[i], NULL), 1);
		if (i != 1)
			lwd_buffers_put(&buffers, buffer[i]);
	}
	assert_int_equal(buffers.count, 4);
	assert_int_equal(kernel->gets, 10);
	assert_int_equal(lwd_buffers_get(&buffers, &ctl, 0, 1, false, &again,
					 NULL), 0);
	assert_ptr_equal(again, buffer[1]);
	assert_int_equal(kernel->gets, 10);
	/* Forgotten while in use, it can still be read. */
	lwd_buffers_forget(&buffers, 1);
	lwd_buffers_put(&buffers, again);
	assert_int_equal(*(volatile uint8_t *)buffer[1]->data, 0);
	lwd_buffers_put(&buffers, buffer[1]);
	assert_int_equal(lwd_buffers_get(&buffers, &ctl, 5, 1, false, &again,
					 NULL), -ENOENT);
	lwd_buffers_release(&buffers);
	ctl_kernel_close(kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_is_told),
		cmocka_unit_test(the_node_can_be_removed),
		cmocka_unit_test(a_removed_device_is_started_again),
		cmocka_unit_test(what_cannot_start_fails),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(notifying_needs_a_manager),
		cmocka_unit_test(few_buffers_stay_mapped),
	};
	sigset_t set;

	/* They are the daemon's; poll() and usleep() here go on. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
