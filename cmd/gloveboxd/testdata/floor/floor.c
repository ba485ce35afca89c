/* floor waits for whichever of its ports has something and reads it, and that is
 * all: what the wires of a car cost at least. usage: floor PORT... */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { MOST = 8 };

int main(int argc, char **argv) {
	struct pollfd ports[MOST];
	static char buf[4096];
	int n = 0;
	for (; n < MOST && n + 1 < argc; n++) {
		struct termios line;
		int fd = open(argv[n + 1], O_RDWR | O_NOCTTY | O_NONBLOCK);
		if (fd < 0 || tcgetattr(fd, &line) < 0) {
			perror(argv[n + 1]);
			return 1;
		}
		cfmakeraw(&line);
		tcsetattr(fd, TCSANOW, &line);
		ports[n] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	for (;;) {
		poll(ports, n, -1);
		for (int i = 0; i < n; i++)
			if (ports[i].revents && read(ports[i].fd, buf, sizeof buf) == 0)
				return 0;
	}
}
