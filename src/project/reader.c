/* Faults, mappings and their keys.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/reader.h"

#include "base/dictionary.h"
#include "base/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_FIELDS = 64, SHOWN_BYTES = 60, LIST_SIZE = 512 };

const char *churn_shown(const char *text, char shown[CHURN_SHOWN_SIZE])
{
  size_t length = strnlen(text, SHOWN_BYTES + 1);
  bool cut = length > SHOWN_BYTES;
  if (cut)
    for (length = SHOWN_BYTES; length > 0 && (text[length] & 0xc0) == 0x80;)
      length--;
  for (size_t i = 0; i < length; i++)
    shown[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
  snprintf(shown + length, CHURN_SHOWN_SIZE - length, "%s", cut ? "…" : "");
  return shown;
}

const char *churn_did_you_mean(const char *word, const char *const *names, size_t count,
                               char text[CHURN_SHOWN_SIZE * 2])
{
  char shown[CHURN_SHOWN_SIZE];
  const char *nearest = churn_suggest(word, names, count);
  text[0] = '\0';
  if (nearest != NULL)
    snprintf(text, (size_t)CHURN_SHOWN_SIZE * 2, " (did you mean \"%s\"?)",
             churn_shown(nearest, shown));
  return text;
}

void churn_join_names(const char *const *names, size_t count, char *text, size_t size)
{
  static const char more[] = ", …";
  char shown[CHURN_SHOWN_SIZE];
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    const char *name = churn_shown(names[i], shown);
    size_t length = strlen(name) + (i == 0 ? 0 : 2);
    if (length + sizeof more > size - used) {
      snprintf(text + used, size - used, "%s", more);
      return;
    }
    snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", name);
    used += length;
  }
}

void *churn_reader_take(churn_reader *reader, size_t count, size_t size)
{
  void *given = churn_arena_take(reader->arena, count, size);
  reader->no_memory = reader->no_memory || given == NULL;
  return given;
}

static void add_fault(churn_reader *reader, uint64_t line, uint64_t column, const char *format,
                      va_list arguments)
{
  char text[CHURN_MESSAGE_SIZE];
  vsnprintf(text, sizeof text, format, arguments);
  reader->faults++;
  churn_notes_add(reader->found, CHURN_FAULT, "fault", (churn_place){reader->path, line, column},
                  "%s", text);
}

void churn_reader_fault(churn_reader *reader, const churn_yaml *at, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  add_fault(reader, at->line, at->column, format, arguments);
  va_end(arguments);
}

void churn_reader_fault_at(churn_reader *reader, const churn_located *at, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  add_fault(reader, at->line, at->column, format, arguments);
  va_end(arguments);
}

/* Takes keys that the dictionary already holds out of one mapping. */
static churn_status drop_known(churn_reader *reader, churn_yaml *mapping, churn_dictionary *keys)
{
  char shown[CHURN_SHOWN_SIZE];
  for (churn_yaml **link = &mapping->first; *link != NULL;) {
    churn_yaml *value = *link;
    uint32_t code = 0, next = (uint32_t)churn_dictionary_count(keys);
    churn_status status =
        churn_dictionary_add(keys, value->key->text, strlen(value->key->text), &code);
    if (status != CHURN_OK)
      return status;
    if (code == next) {
      link = &value->next;
      continue;
    }
    churn_reader_fault(reader, value->key, "the key \"%s\" stands twice in this mapping",
                       churn_shown(value->key->text, shown));
    *link = value->next;
    mapping->count--;
  }
  return CHURN_OK;
}

void churn_reader_drop_duplicates(churn_reader *reader, churn_yaml *root)
{
  if (root->kind == CHURN_YAML_MAPPING && root->count > 1) {
    churn_dictionary *keys = churn_dictionary_new();
    if (keys == NULL || drop_known(reader, root, keys) != CHURN_OK)
      reader->no_memory = true;
    churn_dictionary_free(keys);
  }
  for (churn_yaml *child = root->first; child != NULL; child = child->next)
    churn_reader_drop_duplicates(reader, child);
}

bool churn_reader_is_mapping(churn_reader *reader, const churn_yaml *node, const char *what,
                             const char *example)
{
  static const char *const kinds[] = {"a text", "a list", "a mapping"};
  if (node->kind == CHURN_YAML_MAPPING)
    return true;
  churn_reader_fault(reader, node, "%s must be a mapping like %s, not %s", what, example,
                     churn_yaml_nothing(node) ? "empty" : kinds[node->kind]);
  return false;
}

/* A key without a value inside {} is what is left of a text that holds a comma. */
static void fault_unknown_key(churn_reader *reader, const churn_yaml *value, const char *what,
                              const churn_field *fields, size_t count)
{
  const char *names[MOST_FIELDS];
  char shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2], list[LIST_SIZE];
  for (size_t i = 0; i < count; i++)
    names[i] = fields[i].key;
  churn_join_names(names, count, list, sizeof list);
  churn_reader_fault(reader, value->key, "unknown key \"%s\" in %s%s; accepted: %s%s",
                     churn_shown(value->key->text, shown), what,
                     churn_did_you_mean(value->key->text, names, count, nearest), list,
                     value->in_flow && churn_yaml_nothing(value) ? "; " CHURN_YAML_HINT : "");
}

bool churn_reader_fields(churn_reader *reader, const churn_yaml *node, const char *what,
                         const char *example, churn_field *fields, size_t count)
{
  if (!churn_reader_is_mapping(reader, node, what, example))
    return false;
  for (const churn_yaml *value = node->first; value != NULL; value = value->next) {
    size_t i = 0;
    while (i < count && strcmp(fields[i].key, value->key->text) != 0)
      i++;
    if (i < count)
      fields[i].value = value;
    else
      fault_unknown_key(reader, value, what, fields, count);
  }
  return true;
}

const churn_yaml *churn_reader_required(churn_reader *reader, const churn_yaml *mapping,
                                        const churn_field *field, const char *what,
                                        const char *expected)
{
  if (field->value == NULL)
    churn_reader_fault(reader, mapping, "%s has no \"%s\"; expected %s", what, field->key,
                       expected);
  return field->value;
}
