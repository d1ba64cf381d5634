/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The time stamp is the one thing that every format has and that nothing else looks like: a word of
 * digits with a colon. It is found from the left; what stands before it is read from the right, so
 * that only the comm, which may hold anything, is left over.
 */
#include "import/head.h"

#include <string.h>

#include "core/record.h"
#include "import/text.h"

/* Digits with at most one point in [begin, end); a point's decimals are ns. */
static bool parse_time(const char *begin, const char *end, uint64_t *time_ns)
{
	uint64_t whole = 0, fraction = 0;
	unsigned digits = 0;
	const char *p = begin;
	for (; p < end && text_is_digit(*p); p++)
		whole = 10 * whole + (uint64_t)(*p - '0');
	if (p == begin || p - begin > 19)
		return false;
	if (p == end) {
		*time_ns = whole;
		return true;
	}
	if (*p != '.' || whole > UINT64_MAX / 1000000000 - 1)
		return false;
	for (p++; p < end && text_is_digit(*p); p++, digits++) {
		if (digits < 9)
			fraction = 10 * fraction + (uint64_t)(*p - '0');
	}
	if (p != end || digits == 0)
		return false;
	for (; digits < 9; digits++)
		fraction *= 10;
	*time_ns = whole * 1000000000 + fraction;
	return true;
}

/* The colon behind the time stamp; *begin is where the stamp begins. */
static const char *find_time(const char *line, const char **begin, uint64_t *time_ns)
{
	for (const char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
		if (colon[1] != ' ' && colon[1] != '\t')
			continue;
		const char *word = colon;
		while (word > line && (text_is_digit(word[-1]) || word[-1] == '.'))
			word--;
		if (word == line || (word[-1] != ' ' && word[-1] != '\t'))
			continue;
		if (parse_time(word, colon, time_ns)) {
			*begin = word;
			return colon;
		}
	}
	return NULL;
}

static const char *trim_right(const char *begin, const char *end)
{
	while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

static const char *word_begin(const char *begin, const char *end)
{
	while (end > begin && end[-1] != ' ' && end[-1] != '\t')
		end--;
	return end;
}

/* Digits that fill [begin, end). */
static bool parse_u32(const char *begin, const char *end, uint32_t *value)
{
	uint64_t v = 0;
	if (begin == end || end - begin > 10)
		return false;
	for (; begin < end; begin++) {
		if (!text_is_digit(*begin))
			return false;
		v = 10 * v + (uint64_t)(*begin - '0');
	}
	*value = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* "[001]" at the right end; gives where it begins, or `end` when there is none. */
static const char *take_cpu(const char *begin, const char *end, uint32_t *cpu)
{
	const char *word = word_begin(begin, end);
	if (end - word > 2 && *word == '[' && end[-1] == ']' && parse_u32(word + 1, end - 1, cpu))
		return trim_right(begin, word);
	return end;
}

/*
 * ftrace's flag columns stand between the CPU and the time, so they are only looked for when a CPU
 * stands before them; a comm's last word could look like flags. Third column: interrupt context.
 */
static const char *take_flags_and_cpu(const char *begin, const char *end, struct line_head *head)
{
	const char *word = word_begin(begin, end);
	const char *before = trim_right(begin, word);
	const char *rest = take_cpu(begin, before, &head->cpu);
	if (rest == before)
		return take_cpu(begin, end, &head->cpu);
	if (end - word > 2)
		head->irq = strchr("hHsSzZ", word[2]) != NULL;
	return rest;
}

/* "(  123)" or "(-------)" at the right end: the TGID column. */
static const char *take_tgid(const char *begin, const char *end, uint32_t *tgid)
{
	if (end == begin || end[-1] != ')')
		return end;
	const char *open = end - 1;
	while (open > begin && *open != '(')
		open--;
	if (*open != '(')
		return end;
	const char *number = text_skip_blanks(open + 1);
	if (!parse_u32(number, end - 1, tgid) && *number != '-')
		return end;
	return trim_right(begin, open);
}

/* "comm-12", "comm 12" or "comm 10/12". */
static bool take_task(const char *begin, const char *end, struct line_head *head)
{
	const char *digits = end;
	while (digits > begin && text_is_digit(digits[-1]))
		digits--;
	if (!parse_u32(digits, end, &head->tid))
		return false;
	if (digits > begin && digits[-1] == '/') {
		const char *slash = digits - 1;
		digits = slash;
		while (digits > begin && text_is_digit(digits[-1]))
			digits--;
		if (!parse_u32(digits, slash, &head->tgid))
			return false;
	}
	if (digits == begin || (digits[-1] != '-' && digits[-1] != ' ' && digits[-1] != '\t'))
		return false;
	const char *comm_end = digits[-1] == '-' ? digits - 1 : trim_right(begin, digits);
	head->comm = text_skip_blanks(begin);
	head->comm_length = comm_end > head->comm ? (size_t)(comm_end - head->comm) : 0;
	return true;
}

/* trace-cmd puts the machine's name and a colon before the lines of each of its buffers. */
static const char *skip_host(const char *line)
{
	const char *end = text_word_end(line);
	if (end > line && end[-1] == ':' && *end != '\0')
		return text_skip_blanks(end);
	return line;
}

/* perf may print a period before the name and its system in it; the colon ends the name. */
static bool take_event(const char *p, struct line_head *head)
{
	p = text_skip_blanks(p);
	const char *digits = p;
	while (text_is_digit(*digits))
		digits++;
	if (digits > p && *digits == ' ')
		p = text_skip_blanks(digits);
	const char *end = text_word_end(p);
	head->arguments = text_skip_blanks(end);
	if (end - p < 2 || end[-1] != ':')
		return false;
	end--;
	const char *system = memchr(p, ':', (size_t)(end - p));
	if (system && system + 1 < end && end - system > 3)
		p = system + 1;
	else if (system)
		end = system;
	head->event = p;
	head->event_length = (size_t)(end - p);
	return true;
}

bool head_parse(const char *line, struct line_head *head)
{
	*head = (struct line_head){ 0 };
	line = skip_host(line);
	const char *begin;
	const char *colon = find_time(line, &begin, &head->time_ns);
	if (!colon)
		return false;
	const char *end = trim_right(line, begin);
	end = take_flags_and_cpu(line, end, head);
	end = take_tgid(line, end, &head->tgid);
	return head->cpu <= RECORD_CPU_MASK && take_task(line, end, head) &&
	       take_event(colon + 1, head);
}
