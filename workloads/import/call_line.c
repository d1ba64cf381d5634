/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import/call_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/ptrmap.h"
#include "import/day_clock.h"
#include "import/text.h"

enum { OUTER_AGE_MAX = 16 };

/* The first half of a call, as text. */
struct half {
	char name[CALL_NAME_BYTES];
	char arguments[CALL_LINE_BYTES];
	unsigned age; /* lines of the thread since */
	bool mark;
};

/* Those of a thread that wait for their second half, the outermost first. */
struct halves {
	struct half list[CALL_DEPTH_MAX];
	unsigned count;
};

struct call_lines {
	struct ptrmap *of_pid;
	struct halves *threads;
	uint32_t count, capacity;
	char joined[2 * CALL_LINE_BYTES];
	struct day_clock clock;
};

struct call_lines *call_lines_create(struct error *err)
{
	struct call_lines *l = calloc(1, sizeof(*l));

	if (!l) {
		error_set(err, ERROR_RUN, "no memory for the trace's calls");
		return NULL;
	}
	l->of_pid = ptrmap_create(err);
	if (l->of_pid)
		return l;
	free(l);
	return NULL;
}

void call_lines_destroy(struct call_lines *l)
{
	if (!l)
		return;
	ptrmap_destroy(l->of_pid);
	free(l->threads);
	free(l);
}

static struct halves *halves_of(struct call_lines *l, uint32_t pid, struct error *err)
{
	uint32_t *index = ptrmap_at(l->of_pid, pid, err);

	if (!index)
		return NULL;
	if (*index == PTRMAP_NONE && l->count == l->capacity) {
		const uint32_t capacity = l->capacity ? 2 * l->capacity : 16;
		struct halves *grown = realloc(l->threads, capacity * sizeof(*grown));

		if (!grown) {
			ptrmap_take(l->of_pid, pid);
			error_set(err, ERROR_RUN, "no memory for the trace's calls");
			return NULL;
		}
		l->threads = grown;
		l->capacity = capacity;
	}
	if (*index == PTRMAP_NONE) {
		*index = l->count++;
		l->threads[*index].count = 0;
	}
	return &l->threads[*index];
}

bool call_line_number(const char *text, uint64_t *value)
{
	int64_t negative = 0;
	const char *end;

	if (strcmp(text, "nil") == 0 || strcmp(text, "(nil)") == 0 || strcmp(text, "NULL") == 0) {
		*value = 0;
		return true;
	}
	if (*text == '-') {
		end = text_signed(text, &negative);
		*value = (uint64_t)negative;
	} else {
		end = text[0] == '0' && text[1] == 'x' ? text_hex(text, value)
						       : text_decimal(text, value);
	}
	return end && *end == '\0';
}

bool call_line_is(const struct call_line *line, const char *name)
{
	return strlen(name) == line->name_length &&
	       strncmp(line->name, name, line->name_length) == 0;
}

/* "[pid 12] " and "12 "; a time never is a whole number alone. Each gives the bytes that it took.
 */
static size_t read_pid(const char *text, uint32_t *pid)
{
	const char *p = text_skip_blanks(text);
	const bool bracketed = text_starts_with(p, "[pid ");
	uint64_t number;
	const char *end = text_decimal(text_skip_blanks(p + (bracketed ? 5 : 0)), &number);

	if (!end || number > UINT32_MAX || (bracketed ? *end != ']' : *end != ' '))
		return (size_t)(p - text);
	*pid = (uint32_t)number;
	return (size_t)(text_skip_blanks(end + bracketed) - text);
}

static size_t read_time(struct call_lines *l, const char *begin, uint64_t *time_ns)
{
	struct day_clock clock = l->clock;
	uint64_t read;
	const char *end = day_clock_read(&clock, begin, &read);

	if (!end || *end != ' ')
		return 0;
	l->clock = clock;
	*time_ns = read;
	return (size_t)(text_skip_blanks(end) - begin);
}

static bool is_name(char c)
{
	return c == '_' || text_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The name before the parenthesis: behind "->", before "@". NULL: this is no call. */
static char *read_name(char *p, struct call_line *line)
{
	char *arrow = strstr(p, "->"), *open = strchr(p, '(');

	if (arrow && open && arrow < open)
		p = arrow + 2;
	line->name = p;
	while (is_name(*p))
		p++;
	line->name_length = (size_t)(p - line->name);
	if (*p == '@')
		p = open ? open : p;
	return line->name_length && *p == '(' ? p + 1 : NULL;
}

/* One character of arguments: how deep it is in brackets, or within quotes. */
static void look_at(char c, int *depth, bool *quoted)
{
	if (c == '"')
		*quoted = !*quoted;
	else if (!*quoted && strchr("([{", c))
		++*depth;
	else if (!*quoted && strchr(")]}", c))
		--*depth;
}

/* The parenthesis that ends the arguments; NULL: there is none. */
static char *find_end(char *p)
{
	int depth = 0;
	bool quoted = false;

	for (; *p; p++) {
		if (*p == '\\' && quoted && p[1]) {
			p++;
			continue;
		}
		look_at(*p, &depth, &quoted);
		if (depth < 0)
			return p;
	}
	return NULL;
}

static void add_argument(struct call_line *line, char *begin, char *end)
{
	while (*begin == ' ' && begin < end)
		begin++;
	while (end > begin && end[-1] == ' ')
		end--;
	*end = '\0';
	if (line->argument_count < CALL_ARGUMENTS_MAX && end > begin)
		line->arguments[line->argument_count++] = begin;
}

static void split_arguments(struct call_line *line, char *p)
{
	int depth = 0;
	bool quoted = false;
	char *begin = p;

	for (; *p; p++) {
		look_at(*p, &depth, &quoted);
		if (*p != ',' || depth || quoted)
			continue;
		char *end = p;

		add_argument(line, begin, end);
		begin = p + 1;
	}
	add_argument(line, begin, p);
}

/* " = RESULT <0.000010>": the text of the result alone. */
static bool read_result(struct call_line *line, char *p)
{
	p += strspn(p, " \t");
	if (*p != '=')
		return false;
	p += 1 + strspn(p + 1, " \t");
	p[strcspn(p, " \t")] = '\0';
	line->result = p;
	return *p != '\0';
}

/* One too many deep: the outermost one will hardly end. */
static void keep_half(struct halves *waiting, struct call_line *line, const char *arguments)
{
	struct half *half;

	if (line->name_length >= sizeof(half->name) || strlen(arguments) >= sizeof(half->arguments))
		return;
	if (waiting->count == CALL_DEPTH_MAX)
		memmove(waiting->list, waiting->list + 1,
			--waiting->count * sizeof(waiting->list[0]));
	half = &waiting->list[waiting->count++];
	half->age = 0;
	half->mark = false;
	line->own_mark = &half->mark;
	memcpy(half->name, line->name, line->name_length);
	half->name[line->name_length] = '\0';
	strcpy(half->arguments, arguments);
}

/* A call that makes so many others has most likely ended, and nobody has seen it. */
static void set_outer(struct call_line *line, struct halves *waiting)
{
	while (waiting->count && ++waiting->list[waiting->count - 1].age > OUTER_AGE_MAX) {
		waiting->count--;
		line->outer_lost = true;
	}
	if (!waiting->count)
		return;
	line->outer = waiting->list[waiting->count - 1].name;
	line->outer_age = waiting->list[waiting->count - 1].age;
	line->outer_mark = &waiting->list[waiting->count - 1].mark;
}

static int read_call(struct call_lines *l, char *text, struct call_line *line, struct error *err)
{
	char *arguments = read_name(text, line);
	char *unfinished = arguments ? strstr(arguments, "<unfinished ...>") : NULL;
	struct halves *waiting = halves_of(l, line->pid, err);

	if (!waiting)
		return -1;
	if (!arguments)
		return 0;
	set_outer(line, waiting);
	if (unfinished) {
		*unfinished = '\0';
		keep_half(waiting, line, arguments);
		split_arguments(line, arguments);
		line->kind = CALL_LINE_FIRST;
		return 0;
	}
	char *end = find_end(arguments);

	if (!end)
		return 0;
	*end = '\0';
	if (!read_result(line, end + 1))
		return 0;
	split_arguments(line, arguments);
	line->kind = CALL_LINE_WHOLE;
	return 0;
}

/* The innermost half of that name; those within it will never end. NULL: there is none. */
static const struct half *take_half(struct halves *waiting, const char *name)
{
	for (unsigned i = waiting->count; i-- > 0;) {
		if (strcmp(waiting->list[i].name, name) != 0)
			continue;
		waiting->count = i;
		return &waiting->list[i];
	}
	return NULL;
}

/* "<... malloc resumed> )   = 0x1234" */
static int read_resumed(struct call_lines *l, char *text, struct call_line *line, struct error *err)
{
	char *name = text + strlen("<... "), *rest = strstr(name, " resumed>");
	struct halves *waiting = halves_of(l, line->pid, err);

	if (!waiting)
		return -1;
	if (!rest)
		return 0;
	*rest = '\0';
	rest += strlen(" resumed>");
	const struct half *half = take_half(waiting, name);
	char *end = find_end(rest);

	line->name = name;
	line->name_length = strlen(name);
	if (!end || strlen(rest) >= CALL_LINE_BYTES)
		return 0;
	line->kind = CALL_LINE_LOST;
	if (!half)
		return 0;
	*end = '\0';
	line->marked = half->mark;
	line->kind = read_result(line, end + 1) ? CALL_LINE_LAST : CALL_LINE_NONE;
	strcpy(l->joined, half->arguments);
	strcat(l->joined, rest);
	split_arguments(line, l->joined);
	set_outer(line, waiting);
	return 0;
}

int call_line_read(struct call_lines *l, char *text, struct call_line *line, struct error *err)
{
	*line = (struct call_line){ .kind = CALL_LINE_NONE, .result = "", .name = "" };
	char *p = text + read_pid(text, &line->pid);

	p += read_time(l, p, &line->time_ns);
	if (text_starts_with(p, "<... "))
		return read_resumed(l, p, line, err);
	if (text_starts_with(p, "+++ "))
		line->kind = CALL_LINE_EXIT;
	else if (text_starts_with(p, "--- ") || text_starts_with(p, "unexpected breakpoint"))
		line->kind = CALL_LINE_OTHER;
	else
		return read_call(l, p, line, err);
	return 0;
}
