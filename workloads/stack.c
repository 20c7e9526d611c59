/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An ordinary web shop in containers: MariaDB, redis, PHP-FPM and nginx, each in a container of
 * podman's with a network namespace of its own on podman's bridge, all on an overlay over the
 * image's root; and clients that ask the proxy for pages. Each page writes a row, counts rows,
 * counts in the cache and leaves a page there. It is what ran on the machine of the first field
 * report; the load of the file system and of memory comes of what servers do. Wants the image
 * `containers`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define DIR       "/run/stack"
#define NETWORK   "10.88.0." /* podman's default */
#define PROXY     NETWORK "13"
#define TRIES     120 /* for the first answer, half a second apart */
#define TRY_NS    500000000ull
#define REQUEST_S 30 /* without an answer: the request failed */

static const char page[] =
	"<?php\n"
	"mysqli_report(MYSQLI_REPORT_OFF);\n"
	"$db = new mysqli('" NETWORK "10', 'root', '');\n"
	"$r = new Redis();\n"
	"if ($db->connect_errno || !$r->connect('" NETWORK "11', 6379)) {\n"
	"	http_response_code(503);\n"
	"	exit;\n"
	"}\n"
	"$n = (int)$_GET['n'];\n"
	"$write = (int)$_GET['w'];\n"
	"if ($n == 0) {\n"
	"	$db->query('CREATE DATABASE IF NOT EXISTS shop');\n"
	"	$db->query('CREATE TABLE IF NOT EXISTS shop.orders (id INT AUTO_INCREMENT PRIMARY "
	"KEY, n INT, item TEXT, KEY (n)) ENGINE=InnoDB');\n"
	"}\n"
	"if ($write)\n"
	"	$db->query(\"INSERT INTO shop.orders (n, item) VALUES ($n, REPEAT('x', "
	"$write))\");\n"
	"$sum = $db->query(\"SELECT COUNT(*) FROM shop.orders WHERE n % 7 = 3\");\n"
	"$r->incr('hits');\n"
	"$r->setex('page:' . $n % 1000, 60, str_repeat('y', 2000));\n"
	"if ($sum)\n"
	"	echo \"answered $n\\n\";\n";

static const char proxy_conf[] =
	"daemon off; worker_processes 1; error_log stderr; pid /tmp/nginx.pid;\n"
	"events { worker_connections 512; }\n"
	"http { access_log off; server { listen 80; location / {\n"
	"	fastcgi_pass " NETWORK "12:9000;\n"
	"	fastcgi_param SCRIPT_FILENAME " DIR "/page.php;\n"
	"	fastcgi_param QUERY_STRING $query_string;\n"
	"	fastcgi_param REQUEST_METHOD $request_method;\n"
	"} } }\n";

static const char web_conf[] = "[global]\nerror_log = /proc/self/fd/2\ndaemonize = no\n[www]\n"
			       "user = www-data\nlisten = 0.0.0.0:9000\npm = static\n"
			       "pm.max_children = 4\n";

static const struct server {
	const char *name, *address;
	const char *command[16];
} servers[] = {
	/* Without grant tables there is nothing to set up: the database is made of nothing in a
	 * second. */
	{ "db",
	  NETWORK "10",
	  { "mariadbd", "--no-defaults", "--skip-grant-tables", "--bind-address=0.0.0.0",
	    "--user=mysql", "--datadir=/var/lib/mysql", "--socket=/tmp/db.sock",
	    "--pid-file=/tmp/db.pid", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M",
	    "--skip-log-bin", "--skip-name-resolve" } },
	{ "cache",
	  NETWORK "11",
	  { "redis-server", "--save", "", "--appendonly", "no", "--protected-mode", "no", "--bind",
	    "0.0.0.0", "--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru" } },
	{ "web", NETWORK "12", { "php-fpm8.2", "-y", DIR "/web.conf" } },
	{ "proxy", PROXY, { "nginx", "-c", DIR "/proxy.conf" } },
};

static struct {
	uint64_t clients, pause_ns, write_bytes;
	_Atomic uint64_t number, answered, failed;
} stack;

/* ---- making it ---- */

static void write_config(const char *name, const char *text)
{
	char path[128];
	int fd, r = 0;

	snprintf(path, sizeof path, DIR "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		r = -errno;
	close(fd);
	if (r < 0)
		load_fail("%s: %s", path, strerror(-r));
}

/* Runs to the end; what it prints becomes notes of the load (its stderr). */
static int run_program(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		close(STDIN_FILENO);
		open("/dev/null", O_RDONLY);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void start_server(const struct server *s)
{
	const char *argv[40] = { "podman",    "run",
				 "--detach",  "--quiet",
				 "--name",    s->name,
				 "--ip",      s->address,
				 "--network", "podman",
				 "--volume",  DIR ":" DIR ":ro",
				 "--rootfs",  "/run/kernsoak/root:O" };
	size_t n = 14;
	int status;

	for (size_t i = 0; i < 16 && s->command[i]; i++)
		argv[n++] = s->command[i];
	status = run_program(argv);
	if (status != 0)
		load_fail("the container %s: podman run ended with status %d", s->name, status);
}

/* ---- asking it ---- */

static int open_connection(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct timeval limit = { .tv_sec = REQUEST_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, PROXY, &to.sin_addr);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* Is its page what was asked for? The answer's first words are left in `answer`. */
static bool ask(uint64_t n, char *answer, size_t size)
{
	char text[256], want[64];
	int fd = open_connection();
	size_t got = 0;
	ssize_t r;

	snprintf(answer, size, "%s", fd < 0 ? strerror(-fd) : "nothing");
	if (fd < 0)
		return false;
	snprintf(want, sizeof want, "answered %llu\n", (unsigned long long)n);
	snprintf(text, sizeof text, "GET /?n=%llu&w=%llu HTTP/1.0\r\nHost: shop\r\n\r\n",
		 (unsigned long long)n, (unsigned long long)stack.write_bytes);
	r = send(fd, text, strlen(text), MSG_NOSIGNAL);
	while (r > 0 && got < size - 1) {
		r = recv(fd, answer + got, size - 1 - got, 0);
		got += r > 0 ? (size_t)r : 0;
	}
	close(fd);
	answer[got] = 0;
	return strstr(answer, " 200 ") && strstr(answer, want);
}

static void wait_for_first(void)
{
	char answer[1024];

	for (int i = 0; i < TRIES; i++) {
		if (ask(0, answer, sizeof answer))
			return;
		load_pause(TRY_NS);
	}
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
		const char *logs[] = { "podman", "logs", "--tail", "5", servers[i].name, NULL };

		run_program(logs);
	}
	answer[strcspn(answer, "\r\n")] = 0;
	load_fail("the proxy does not answer with a page: %.200s", answer);
}

static void *client(void *arg)
{
	char answer[1024];

	(void)arg;
	for (;;) {
		uint64_t n = atomic_fetch_add(&stack.number, 1) + 1;

		if (ask(n, answer, sizeof answer)) {
			load_count(atomic_fetch_add(&stack.answered, 1) + 1);
		} else if (atomic_fetch_add(&stack.failed, 1) < 20) {
			answer[strcspn(answer, "\r\n")] = 0;
			load_note("request %llu failed: %.200s", (unsigned long long)n, answer);
		}
		load_pause(stack.pause_ns);
	}
	return NULL;
}

static void remove_servers(void)
{
	const char *remove[] = { "podman", "rm", "--all", "--force", "--time", "0", NULL };

	run_program(remove);
}

int main(int argc, char **argv)
{
	const char *lo[] = { "ip", "link", "set", "lo", "up", NULL };
	pthread_t thread;

	load_init(argc, argv);
	stack.clients = load_param_u64("clients");
	stack.pause_ns = load_param_u64("pause");
	stack.write_bytes = load_param_u64("write");
	if (access("/run/kernsoak/root", X_OK) < 0)
		load_fail("it wants guest.image: containers");
	mkdir(DIR, 0755);
	write_config("page.php", page);
	write_config("proxy.conf", proxy_conf);
	write_config("web.conf", web_conf);
	run_program(lo);
	remove_servers(); /* /var/lib/containers may be a disk that has seen them before */
	for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
		start_server(&servers[i]);
	wait_for_first();
	load_armed("db, cache, web and proxy run in containers, and the first page was answered");
	load_wait_go();
	for (uint64_t i = 0; i < stack.clients; i++)
		if (pthread_create(&thread, NULL, client, NULL) != 0)
			load_fail("no thread for a client");
	pause();
	return 0;
}
