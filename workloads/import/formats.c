/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The formats of the text grammar. One cursor reads them all; they are told apart for the user's
 * sake and for the record of where a trace came from.
 */
#include <string.h>

#include "base/suggest.h"
#include "import/grammar.h"
#include "import/import.h"
#include "import/text.h"
#include "import/text_cursor.h"

enum { LINES_LOOKED_AT = 64, LINE_LOOKED_AT_MAX = 512 };

/* What the first lines of an input look like. */
struct impression {
	unsigned events;  /* lines of the grammar */
	unsigned known;   /* whose event there is an operation for, or a marker */
	unsigned others;  /* lines that are neither event nor comment */
	unsigned hosts;   /* lines that begin with a machine's name, as trace-cmd prints */
	unsigned systems; /* "kmem:kmalloc:" and no dash before the task's number: perf */
	bool tracer;      /* "# tracer:" */
	bool cpus;        /* "cpus=2", trace-cmd's first line */
	bool slabyard;    /* "# slabyard:" */
};

static bool is_marker(const struct line_head *head)
{
	return strstr(head->arguments, "MARK ") || strstr(head->arguments, "LAB ");
}

static void look_at_event(const char *line, struct impression *i)
{
	struct line_head head;
	if (!head_parse(line, &head)) {
		i->others++;
		return;
	}
	i->events++;
	i->known += grammar_find(head.event, head.event_length) || is_marker(&head);
	const char *end = text_word_end(line);
	i->hosts += end > line && end[-1] == ':';
	i->systems += head.event > line && head.event[-1] == ':';
	i->systems += head.comm[head.comm_length] == ' ';
}

static void look_at_line(const char *line, struct impression *i)
{
	if (text_starts_with(line, "# tracer:"))
		i->tracer = true;
	else if (text_starts_with(line, "# slabyard:"))
		i->slabyard = true;
	else if (text_starts_with(line, "cpus="))
		i->cpus = true;
	else if (*line != '#' && *line != '\0' && !text_starts_with(line, "CPU:"))
		look_at_event(line, i);
}

static struct impression look_at(const char *bytes, size_t length)
{
	struct impression i = { 0 };
	const char *end = bytes + length;
	for (unsigned n = 0; bytes < end && n < LINES_LOOKED_AT; n++) {
		char line[LINE_LOOKED_AT_MAX];
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t whole = (size_t)((newline ? newline : end) - bytes);
		size_t kept = whole < sizeof(line) - 1 ? whole : sizeof(line) - 1;
		memcpy(line, bytes, kept);
		line[kept] = '\0';
		look_at_line(line, &i);
		bytes += whole + 1;
	}
	return i;
}

/* Lines of the grammar must prevail; events that are known weigh up a last line that was cut. */
static bool is_grammar(const struct impression *i)
{
	return i->slabyard || i->tracer || i->cpus || i->events > i->others ||
	       (i->known && i->known >= i->others);
}

static int ftrace_recognise(const char *bytes, size_t length)
{
	struct impression i = look_at(bytes, length);
	if (i.tracer)
		return 95;
	return is_grammar(&i) && !i.systems && !i.hosts ? 60 : 0;
}

static int trace_cmd_recognise(const char *bytes, size_t length)
{
	struct impression i = look_at(bytes, length);
	if (i.cpus)
		return 95;
	return is_grammar(&i) && i.hosts ? 80 : 0;
}

static int perf_script_recognise(const char *bytes, size_t length)
{
	struct impression i = look_at(bytes, length);
	return is_grammar(&i) && i.systems && !i.hosts ? 85 : 0;
}

static int text_recognise(const char *bytes, size_t length)
{
	struct impression i = look_at(bytes, length);
	if (i.slabyard)
		return 99;
	return is_grammar(&i) ? 40 : 0;
}

#define TEXT_FORMAT(symbol, format_name, format_help, recogniser)                                  \
	static struct trace_cursor *symbol##_open(struct lines *lines,                             \
						  const struct import_options *options,            \
						  struct import_report *report, struct error *err) \
	{                                                                                          \
		return text_cursor_open(lines, format_name, options, report, err);                 \
	}                                                                                          \
	const struct import_format symbol = {                                                      \
		.info = { .abi = POLICY_ABI, .name = format_name, .help = format_help },           \
		.recognise = recogniser,                                                           \
		.open = symbol##_open,                                                             \
	};

#define POLICY(symbol) extern const struct import_format symbol;
#include "import/policies.def"
#undef POLICY

TEXT_FORMAT(ftrace_format, "ftrace", "the kernel's own trace and trace_pipe files",
	    ftrace_recognise)
TEXT_FORMAT(trace_cmd_format, "trace-cmd", "what trace-cmd report prints", trace_cmd_recognise)
TEXT_FORMAT(perf_script_format, "perf-script", "what perf script prints", perf_script_recognise)
TEXT_FORMAT(text_format, "text", "events written by hand or dumped, in the text grammar",
	    text_recognise)

static const struct policy_info *const tables[] = {
#define POLICY(symbol) &symbol.info,
#include "import/policies.def"
#undef POLICY
};

static struct policy_plugins plugins;

const struct policy_kind import_formats = {
	.name = "format",
	.help = "text that is read as a trace, guessed from the content; native .syt needs none",
	.tables = tables,
	.table_count = sizeof(tables) / sizeof(tables[0]),
	.plugins = &plugins,
};

/* The format that is surest of the bytes; NULL when none takes them for its own. */
static const struct import_format *guess(const char *bytes, size_t length)
{
	const struct import_format *best = NULL;
	int best_score = 0;
	for (size_t i = 0; i < policy_count(&import_formats); i++) {
		const struct import_format *format =
			(const struct import_format *)policy_at(&import_formats, i);
		int score = format->recognise(bytes, length);
		if (score > best_score) {
			best = format;
			best_score = score;
		}
	}
	return best;
}

/* What a file that is no text trace begins with, and what its owner can do about it. */
static const struct {
	const char *magic, *advice;
} strangers[] = {
	{ "PERFILE2", "is perf's binary recording, give what perf script prints of it" },
	{ "\x17\x08\x44tracing", "is trace-cmd's binary recording, give what trace-cmd report "
				 "prints of it" },
	{ "\xfd"
	  "7zXZ",
	  "is compressed by xz, only zstd and gzip are read" },
	{ "\x89HDF", "is an HDF5 file, no trace" },
};

static const char *advice_on(const char *bytes, size_t length)
{
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		size_t known = strlen(strangers[i].magic);
		if (length >= known && memcmp(bytes, strangers[i].magic, known) == 0)
			return strangers[i].advice;
	}
	return length == 0 ? "is empty" : "is no trace of a known format";
}

static void refuse_name(const char *file, const char *name, struct error *err)
{
	struct suggestion near = { .word = name };

	for (size_t i = 0; i < policy_count(&import_formats); i++)
		suggest_consider(&near, policy_at(&import_formats, i)->name);
	if (near.best)
		error_set(err, ERROR_INPUT, "%s: no trace format is named %s (did you mean %s?)",
			  file, name, near.best);
	else
		error_set(err, ERROR_INPUT,
			  "%s: no trace format is named %s (slabyard list format shows all)", file,
			  name);
}

static const struct import_format *choose(struct lines *lines, const char *name, struct error *err)
{
	if (name) {
		const struct policy_info *info = policy_find(&import_formats, name);
		if (!info)
			refuse_name(lines_name(lines), name, err);
		return (const struct import_format *)info;
	}
	const char *bytes;
	ptrdiff_t length = lines_peek(lines, &bytes, err);
	if (length < 0)
		return NULL;
	const struct import_format *format = guess(bytes, (size_t)length);
	if (!format)
		error_set(err, ERROR_INPUT, "%s: %s", lines_name(lines),
			  advice_on(bytes, (size_t)length));
	return format;
}

struct trace_cursor *import_open(const char *path, const struct import_options *options,
				 struct import_report *report, struct error *err)
{
	static const struct import_options defaults = { 0 };
	if (!options)
		options = &defaults;
	struct lines *lines = lines_open(path, err);
	if (!lines)
		return NULL;
	const struct import_format *format = choose(lines, options->format, err);
	if (!format) {
		lines_close(lines);
		return NULL;
	}
	return format->open(lines, options, report, err);
}
