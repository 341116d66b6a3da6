/* The machine: a stack of references to values, a list of marks, a memo. Values are never freed one
 * by one and never changed but for dictionaries, which only gain; there is no recursion. */
#include "pickle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapped.h"
#include "zip.h"

enum { VALUES_MAX = 1 << 20, STACK_MAX = 1 << 18, MARKS_MAX = 1 << 12, PICKLE_MAX = 64 << 20 };

enum kind { NONE, WHOLE, TEXT, NAME, TUPLE, DICT, STORAGE, TENSOR };
enum name { ORDERED_DICT, REBUILD_TENSOR, STORAGE_TYPE };

struct value {
    enum kind kind;
    long long number;    /* WHOLE; TUPLE: its first in `parts`; NAME: enum name; STORAGE: bytes */
    int count;           /* TUPLE: parts; TEXT: bytes */
    enum st_dtype dtype; /* NAME of a storage's type, STORAGE */
    const char *text;    /* TEXT; STORAGE: data; NAME: its words, for errors */
    int tensor;          /* TENSOR: its number */
};

/* A tensor put under a key into a dictionary. */
struct pair {
    int dict, key, tensor;
};

struct pickle {
    struct mapped map;
    struct zip_entry *entries;
    int entry_count;
    struct pickle_tensor *made,
        *tensors; /* all that were put together; those of the last dictionary */
    int made_count, count;
};

struct machine {
    struct pickle *p;
    const char *path;
    const unsigned char *at, *end;
    struct value *values;
    int *parts, *stack, *memo, *marks;
    struct pair *pairs;
    int value_count, part_count, depth, mark_count, pair_count;
    whelk_error *err;
};

static bool refuse(struct machine *m, const char *what)
{
    return whelk_fail(m->err, WHELK_EFAIL, "%s: its pickle %s; it is refused", m->path, what);
}

/* --- Stack and values --- */

static bool push(struct machine *m, struct value v)
{
    if (m->value_count == VALUES_MAX || m->depth == STACK_MAX)
        return refuse(m, "is larger than any checkpoint's");
    m->values[m->value_count] = v;
    m->stack[m->depth++] = m->value_count++;
    return true;
}

/* The value i from the top, at least above the last mark; NULL = there is none. */
static struct value *peek(struct machine *m, int i)
{
    int floor = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    return m->depth - 1 - i >= floor ? &m->values[m->stack[m->depth - 1 - i]] : NULL;
}

static const unsigned char *take(struct machine *m, uint64_t size)
{
    if (size > (uint64_t)(m->end - m->at))
        return NULL;
    const unsigned char *at = m->at;
    m->at += size;
    return at;
}

static bool take_number(struct machine *m, int bytes, uint64_t *out)
{
    const unsigned char *p = take(m, (uint64_t)bytes);
    *out = 0;
    for (int i = bytes; p && i-- > 0;)
        *out = *out << 8 | p[i];
    return p || refuse(m, "is cut off");
}

static bool push_whole(struct machine *m, int bytes, bool sign)
{
    uint64_t v;
    if (!take_number(m, bytes, &v))
        return false;
    return push(m, (struct value){.kind = WHOLE, .number = sign ? (int32_t)v : (long long)v});
}

/* LONG1: a length, then that many bytes of two's complement. */
static bool push_long(struct machine *m)
{
    uint64_t size, v = 0;
    if (!take_number(m, 1, &size))
        return false;
    if (size > 8)
        return refuse(m, "holds a number of more than 64 bits");
    if (!take_number(m, (int)size, &v))
        return false;
    bool negative = size && size < 8 && v >> (8 * size - 1) & 1;
    return push(m,
                (struct value){.kind = WHOLE,
                               .number = (long long)(negative ? v | UINT64_MAX << (8 * size) : v)});
}

static bool push_text(struct machine *m)
{
    uint64_t size;
    if (!take_number(m, 4, &size))
        return false;
    const unsigned char *text = size < 4096 ? take(m, size) : NULL;
    if (!text || memchr(text, 0, size))
        return refuse(m, "holds a text that is too long or cut off");
    return push(m, (struct value){.kind = TEXT, .text = (const char *)text, .count = (int)size});
}

/* --- Names --- */

static const struct {
    const char *words;
    enum name name;
    enum st_dtype dtype;
} ALLOWED[] = {
    {"collections\nOrderedDict\n", ORDERED_DICT, ST_OTHER},
    {"torch._utils\n_rebuild_tensor_v2\n", REBUILD_TENSOR, ST_OTHER},
    {"torch\nFloatStorage\n", STORAGE_TYPE, ST_F32},
    {"torch\nHalfStorage\n", STORAGE_TYPE, ST_F16},
    {"torch\nBFloat16Storage\n", STORAGE_TYPE, ST_BF16},
    {"torch\nLongStorage\n", STORAGE_TYPE, ST_I64},
};

static bool push_name(struct machine *m)
{
    size_t left = (size_t)(m->end - m->at);
    for (size_t i = 0; i < sizeof ALLOWED / sizeof *ALLOWED; i++) {
        size_t n = strlen(ALLOWED[i].words);
        if (n <= left && memcmp(m->at, ALLOWED[i].words, n) == 0) {
            m->at += n;
            return push(m, (struct value){
                               .kind = NAME, .number = ALLOWED[i].name, .dtype = ALLOWED[i].dtype});
        }
    }
    char name[81] = "";
    for (size_t i = 0, lines = 0; i < 80 && i < left && lines < 2; i++) {
        name[i] = m->at[i] == '\n' ? ' ' : m->at[i] < 32 || m->at[i] > 126 ? '?' : (char)m->at[i];
        lines += m->at[i] == '\n';
    }
    return whelk_fail(
        m->err, WHELK_EFAIL,
        "%s: its pickle asks for \"%s\", which no checkpoint of weights needs; it is refused",
        m->path, name);
}

/* --- Putting together --- */

static bool make_tuple(struct machine *m, int count)
{
    if (count && !peek(m, count - 1))
        return refuse(m, "takes more than there is");
    if (m->part_count + count > VALUES_MAX)
        return refuse(m, "is larger than any checkpoint's");
    struct value v = {.kind = TUPLE, .number = m->part_count, .count = count};
    m->depth -= count;
    memcpy(m->parts + m->part_count, m->stack + m->depth, (size_t)count * sizeof *m->parts);
    m->part_count += count;
    return push(m, v);
}

static bool tuple_to_mark(struct machine *m)
{
    if (!m->mark_count)
        return refuse(m, "takes more than there is");
    int count = m->depth - m->marks[m->mark_count - 1];
    return make_tuple(m, count) && (m->mark_count--, true);
}

static struct value *part(struct machine *m, const struct value *tuple, int i)
{
    return tuple && tuple->kind == TUPLE && i < tuple->count
               ? &m->values[m->parts[tuple->number + i]]
               : NULL;
}

static bool is_text(const struct value *v, const char *text)
{
    return v && v->kind == TEXT && v->count == (int)strlen(text) &&
           memcmp(v->text, text, (size_t)v->count) == 0;
}

/* The zip's entry ".../data/KEY". */
static const struct zip_entry *find_data(const struct pickle *p, const struct value *key)
{
    char end[64];
    if (key->count > 40)
        return NULL;
    int n = snprintf(end, sizeof end, "/data/%.*s", key->count, key->text);
    for (int i = 0; i < p->entry_count; i++) {
        const struct zip_entry *e = &p->entries[i];
        if (e->name_size >= (size_t)n && memcmp(e->name + e->name_size - n, end, (size_t)n) == 0)
            return e;
    }
    return NULL;
}

/* ('storage', type, key, place, numbers) */
static bool make_storage(struct machine *m)
{
    struct value *id = peek(m, 0), *type = part(m, id, 1), *key = part(m, id, 2),
                 *numbers = part(m, id, 4);
    if (!is_text(part(m, id, 0), "storage") || !type || type->kind != NAME ||
        type->number != STORAGE_TYPE || !key || key->kind != TEXT || !numbers ||
        numbers->kind != WHOLE)
        return refuse(m, "refers to something that is no storage");
    const struct zip_entry *e = find_data(m->p, key);
    if (!e)
        return refuse(m, "refers to data that is not in the file");
    struct value v = {.kind = STORAGE,
                      .number = (long long)e->size,
                      .text = (const char *)e->data,
                      .dtype = type->dtype};
    m->depth--;
    return push(m, v);
}

/* Dimensions and strides: what lies in one piece, the last dimension fastest. */
static bool contiguous(struct machine *m, const struct value *sizes, const struct value *strides,
                       struct pickle_tensor *t)
{
    if (!sizes || !strides || sizes->kind != TUPLE || strides->kind != TUPLE ||
        sizes->count != strides->count || sizes->count > ST_RANK_MAX)
        return false;
    t->rank = sizes->count;
    t->count = 1;
    for (int i = t->rank; i-- > 0;) {
        const struct value *d = part(m, sizes, i), *s = part(m, strides, i);
        if (d->kind != WHOLE || s->kind != WHOLE || d->number < 0 ||
            (d->number != 1 && s->number != t->count) ||
            __builtin_mul_overflow(t->count, d->number, &t->count))
            return false;
        t->dim[i] = d->number;
    }
    return true;
}

/* _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks) */
static bool make_tensor(struct machine *m, const struct value *arguments)
{
    struct pickle *p = m->p;
    const struct value *storage = part(m, arguments, 0), *offset = part(m, arguments, 1);
    struct pickle_tensor t = {0};
    if (!storage || storage->kind != STORAGE || !offset || offset->kind != WHOLE ||
        offset->number < 0)
        return refuse(m, "puts a tensor together from something else than a storage");
    if (!contiguous(m, part(m, arguments, 2), part(m, arguments, 3), &t))
        return refuse(m, "holds a tensor that does not lie in one piece");
    long long each = storage->dtype == ST_F32 ? 4 : storage->dtype == ST_I64 ? 8 : 2, from, size;
    if (__builtin_mul_overflow(offset->number, each, &from) ||
        __builtin_mul_overflow(t.count, each, &size) || from > storage->number ||
        size > storage->number - from)
        return refuse(m, "holds a tensor that is larger than its data");
    t.dtype = storage->dtype, t.data = storage->text + from, t.size = (size_t)size;
    p->made[p->made_count] = t;
    return push(m, (struct value){.kind = TENSOR, .tensor = p->made_count++});
}

static bool reduce(struct machine *m)
{
    struct value *arguments = peek(m, 0), *name = peek(m, 1);
    if (!name || name->kind != NAME || arguments->kind != TUPLE)
        return refuse(m, "calls something");
    m->depth -= 2;
    if (name->number == REBUILD_TENSOR)
        return make_tensor(m, arguments);
    if (name->number == ORDERED_DICT && arguments->count == 0)
        return push(m, (struct value){.kind = DICT});
    return refuse(m, "calls something");
}

static bool put(struct machine *m, int dict, int key, int value)
{
    if (m->values[dict].kind != DICT)
        return refuse(m, "puts something into what is no dictionary");
    if (m->values[value].kind != TENSOR)
        return true; /* numbers of versions and the like */
    if (m->values[key].kind != TEXT)
        return refuse(m, "names a tensor by something else than a text");
    m->pairs[m->pair_count++] = (struct pair){dict, key, m->values[value].tensor};
    return true;
}

static bool set_items(struct machine *m)
{
    int from = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    if (!m->mark_count || from < 1 || (m->depth - from) % 2)
        return refuse(m, "takes more than there is");
    for (int i = from; i < m->depth; i += 2)
        if (!put(m, m->stack[from - 1], m->stack[i], m->stack[i + 1]))
            return false;
    m->depth = from;
    m->mark_count--;
    return true;
}

static bool set_item(struct machine *m)
{
    if (!peek(m, 2))
        return refuse(m, "takes more than there is");
    m->depth -= 2;
    return put(m, m->stack[m->depth - 1], m->stack[m->depth], m->stack[m->depth + 1]);
}

static bool remember(struct machine *m, int bytes)
{
    uint64_t i;
    if (!take_number(m, bytes, &i))
        return false;
    if (i >= VALUES_MAX || !peek(m, 0))
        return refuse(m, "remembers what is not there");
    m->memo[i] = m->stack[m->depth - 1] + 1;
    return true;
}

static bool recall(struct machine *m, int bytes)
{
    uint64_t i;
    if (!take_number(m, bytes, &i))
        return false;
    if (i >= VALUES_MAX || !m->memo[i] || m->depth == STACK_MAX)
        return refuse(m, "recalls what is not there");
    m->stack[m->depth++] = m->memo[i] - 1;
    return true;
}

static bool mark(struct machine *m)
{
    if (m->mark_count == MARKS_MAX)
        return refuse(m, "is nested too deeply");
    m->marks[m->mark_count++] = m->depth;
    return true;
}

/* A dictionary's own attributes (the versions of modules) are dropped. */
static bool build(struct machine *m)
{
    if (!peek(m, 1) || peek(m, 1)->kind != DICT || peek(m, 0)->kind != DICT)
        return refuse(m, "changes an object");
    m->depth--;
    return true;
}

static bool step(struct machine *m, unsigned char op)
{
    uint64_t version;
    char what[64];
    switch (op) {
    case 0x80: /* PROTO */
        return take_number(m, 1, &version) &&
               (version == 2 || refuse(m, "is of another protocol than 2"));
    case '}':
        return push(m, (struct value){.kind = DICT});
    case ')':
        return make_tuple(m, 0);
    case 'N':
        return push(m, (struct value){.kind = NONE});
    case 0x88:
    case 0x89:
        return push(m, (struct value){.kind = WHOLE, .number = op == 0x88});
    case 'J':
        return push_whole(m, 4, true);
    case 'K':
        return push_whole(m, 1, false);
    case 'M':
        return push_whole(m, 2, false);
    case 0x8a:
        return push_long(m);
    case 'X':
        return push_text(m);
    case 'c':
        return push_name(m);
    case '(':
        return mark(m);
    case 't':
        return tuple_to_mark(m);
    case 0x85:
    case 0x86:
    case 0x87:
        return make_tuple(m, op - 0x84);
    case 'R':
        return reduce(m);
    case 'Q':
        return make_storage(m);
    case 's':
        return set_item(m);
    case 'u':
        return set_items(m);
    case 'b':
        return build(m);
    case 'q':
        return remember(m, 1);
    case 'r':
        return remember(m, 4);
    case 'h':
        return recall(m, 1);
    case 'j':
        return recall(m, 4);
    default:
        snprintf(what, sizeof what, "has the instruction 0x%02x", op);
        return refuse(m, what);
    }
}

/* --- The result --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct pickle_tensor *)a)->name, ((const struct pickle_tensor *)b)->name);
}

/* The tensors of the dictionary that is left on the stack. */
static bool collect(struct machine *m)
{
    struct pickle *p = m->p;
    if (m->depth != 1 || m->values[m->stack[0]].kind != DICT)
        return refuse(m, "leaves something else than one dictionary");
    p->tensors = calloc((size_t)m->pair_count + 1, sizeof *p->tensors);
    if (!p->tensors)
        return whelk_fail(m->err, WHELK_EFAIL, "%s: no memory", m->path);
    for (int i = 0; i < m->pair_count; i++) {
        const struct value *key = &m->values[m->pairs[i].key];
        if (m->pairs[i].dict != m->stack[0])
            return refuse(m, "holds tensors in a dictionary within another");
        struct pickle_tensor *t = &p->tensors[p->count];
        *t = p->made[m->pairs[i].tensor];
        if (!(t->name = strndup(key->text, (size_t)key->count)))
            return whelk_fail(m->err, WHELK_EFAIL, "%s: no memory", m->path);
        p->count++;
    }
    qsort(p->tensors, (size_t)p->count, sizeof *p->tensors, by_name);
    for (int i = 1; i < p->count; i++)
        if (strcmp(p->tensors[i - 1].name, p->tensors[i].name) == 0)
            return refuse(m, "names two tensors alike");
    return p->count > 0 || refuse(m, "holds no tensors");
}

static bool run(struct machine *m)
{
    while (m->at < m->end) {
        unsigned char op = *m->at++;
        if (op == '.')
            return collect(m);
        if (!step(m, op))
            return false;
    }
    return refuse(m, "is cut off");
}

/* Room for one value, part, tensor and pair for each byte that could make one. */
static bool start(struct machine *m, size_t size)
{
    size_t n = (size < VALUES_MAX ? size : VALUES_MAX) + 16;
    m->values = calloc(n, sizeof *m->values);
    m->parts = calloc(2 * n, sizeof *m->parts);
    m->stack = calloc(n, sizeof *m->stack);
    m->memo = calloc(VALUES_MAX, sizeof *m->memo);
    m->marks = calloc(MARKS_MAX, sizeof *m->marks);
    m->pairs = calloc(n, sizeof *m->pairs);
    m->p->made = calloc(n, sizeof *m->p->made);
    return (m->values && m->parts && m->stack && m->memo && m->marks && m->pairs && m->p->made) ||
           whelk_fail(m->err, WHELK_EFAIL, "%s: no memory", m->path);
}

static bool read_pickle(struct pickle *p, const char *path, whelk_error *err)
{
    static const char end[] = "/data.pkl";
    const struct zip_entry *e = NULL;
    if (!zip_list(p->map.data, p->map.size, path, &p->entries, &p->entry_count, err))
        return false;
    for (int i = 0; i < p->entry_count && !e; i++)
        if (p->entries[i].name_size >= sizeof end - 1 &&
            memcmp(p->entries[i].name + p->entries[i].name_size - (sizeof end - 1), end,
                   sizeof end - 1) == 0)
            e = &p->entries[i];
    if (!e || e->size > PICKLE_MAX)
        return whelk_fail(err, WHELK_EFAIL, "%s: is no checkpoint of PyTorch (no data.pkl in it)",
                          path);
    struct machine m = {.p = p, .path = path, .at = e->data, .end = e->data + e->size, .err = err};
    bool good = start(&m, e->size) && run(&m);
    void *all[] = {m.values, m.parts, m.stack, m.memo, m.marks, m.pairs};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    return good;
}

struct pickle *pickle_read(const void *data, size_t size, const char *name, whelk_error *err)
{
    struct pickle *p = calloc(1, sizeof *p);
    if (!p) {
        whelk_fail(err, WHELK_EFAIL, "%s: no memory", name);
        return NULL;
    }
    p->map = (struct mapped){data, size, false};
    if (!read_pickle(p, name, err)) {
        pickle_close(p);
        return NULL;
    }
    return p;
}

struct pickle *pickle_open(const char *path, whelk_error *err)
{
    struct mapped map;
    if (!mapped_open(&map, path, 22, "a checkpoint of PyTorch", err))
        return NULL;
    struct pickle *p = pickle_read(map.data, map.size, path, err);
    if (p)
        p->map.own = true;
    else
        mapped_close(&map);
    return p;
}

void pickle_close(struct pickle *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->count; i++)
        free(p->tensors[i].name);
    free(p->tensors);
    free(p->made);
    free(p->entries);
    mapped_close(&p->map);
    free(p);
}

int pickle_count(const struct pickle *p)
{
    return p->count;
}

const struct pickle_tensor *pickle_at(const struct pickle *p, int i)
{
    return i >= 0 && i < p->count ? &p->tensors[i] : NULL;
}
