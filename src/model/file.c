/* The model file's bytes: reading, sealing with the id, writing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/file.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/output.h"
#include "model/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ID_LENGTH = CHURN_HASH_TEXT_SIZE - 1, READ_SIZE = 1 << 16 };

/* What stands before and after the id; the content that it is the hash of follows. */
static const char before_id[] = "{\n  \"schema_version\": 1,\n  \"id\": \"";
static const char after_id[] = "\",\n";
_Static_assert(CHURN_MODEL_SCHEMA == 1, "before_id names the version");

enum {
  ID_START = sizeof before_id - 1,
  CONTENT_START = ID_START + ID_LENGTH + sizeof after_id - 1
};

static bool has_head(const char *bytes, size_t length)
{
  return length >= CONTENT_START && memcmp(bytes, before_id, ID_START) == 0 &&
         memcmp(bytes + ID_START + ID_LENGTH, after_id, sizeof after_id - 1) == 0;
}

bool churn_model_seal(char *bytes, size_t length)
{
  char id[CHURN_HASH_TEXT_SIZE];
  if (!has_head(bytes, length))
    return false;
  churn_hash_text(bytes + CONTENT_START, length - CONTENT_START, id);
  memcpy(bytes + ID_START, id, ID_LENGTH);
  return true;
}

static churn_status check_id(const churn_model_reporter *reporter, const char *bytes, size_t length)
{
  char id[CHURN_HASH_TEXT_SIZE];
  if (has_head(bytes, length)) {
    churn_hash_text(bytes + CONTENT_START, length - CONTENT_START, id);
    if (memcmp(bytes + ID_START, id, ID_LENGTH) == 0)
      return CHURN_OK;
  }
  return churn_model_fault(reporter, "the content does not match its id: the file was changed "
                                     "after it was written");
}

static churn_status syntax_fault(const churn_model_reporter *reporter, const json_error_t *fault)
{
  /* jansson leaves the text empty on some of the ways out of memory. */
  if (fault->text[0] == '\0' || json_error_code(fault) == json_error_out_of_memory)
    return churn_error_no_memory(reporter->error);
  churn_place place = {reporter->file, fault->line > 0 ? (uint64_t)fault->line : 0,
                       fault->column > 0 ? (uint64_t)fault->column : 0};
  return churn_error_set_at(reporter->error, CHURN_MALFORMED, place, "no model file: %s",
                            fault->text);
}

static churn_status too_large(const churn_model_reporter *reporter)
{
  return churn_model_fault(reporter, "is larger than %zu MiB, the most that a model may have",
                           CHURN_MODEL_MOST_BYTES >> 20);
}

churn_status churn_model_parse(const char *bytes, size_t length, const char *name,
                               churn_model **model, churn_error *error)
{
  churn_model_reporter reporter = {name, CHURN_MALFORMED, "", error};
  json_error_t fault = {0};
  json_t *json = NULL;
  churn_model *m = NULL;
  churn_status status = CHURN_OK;
  if (length > CHURN_MODEL_MOST_BYTES)
    return too_large(&reporter);
  json = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &fault);
  if (json == NULL)
    return syntax_fault(&reporter, &fault);
  m = churn_model_new();
  if (m == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_model_from_json(&reporter, json, m);
  if (status == CHURN_OK)
    status = churn_model_check(&reporter, m);
  if (status == CHURN_OK)
    status = check_id(&reporter, bytes, length);
  if (status == CHURN_OK) {
    *model = m;
    m = NULL;
  }
  churn_model_free(m);
  json_decref(json);
  return status;
}

/* All bytes of a descriptor, at most one more than a model may have. */
static churn_status read_all(int descriptor, const char *path, char **bytes, size_t *length,
                             churn_error *error)
{
  char *all = NULL;
  size_t used = 0, capacity = 0;
  while (used <= CHURN_MODEL_MOST_BYTES) {
    if (!churn_array_reserve(&all, &capacity, used + READ_SIZE, 1)) {
      free(all);
      return churn_error_no_memory(error);
    }
    ssize_t got = read(descriptor, all + used, READ_SIZE);
    if (got == 0)
      break;
    if (got < 0 && errno != EINTR) {
      int reason = errno;
      free(all);
      return churn_error_set_errno(error, CHURN_IO, path, "read the model", reason);
    }
    used += got < 0 ? 0 : (size_t)got;
  }
  *bytes = all;
  *length = used;
  return CHURN_OK;
}

churn_status churn_model_read(const char *path, churn_model **model, churn_error *error)
{
  char *bytes = NULL;
  size_t length = 0;
  bool standard = strcmp(path, "-") == 0;
  const char *name = standard ? "standard input" : path;
  int descriptor = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return churn_error_set_errno(error, CHURN_IO, name, "open the model", errno);
  churn_status status = read_all(descriptor, name, &bytes, &length, error);
  close(descriptor);
  if (status == CHURN_OK)
    status = churn_model_parse(bytes, length, name, model, error);
  free(bytes);
  return status;
}

churn_status churn_model_print(const churn_model *model, const char *name, churn_json_text *text,
                               churn_error *error)
{
  churn_model_reporter reporter = {name, CHURN_INTERNAL, "the model cannot be written: ", error};
  churn_status status = churn_model_to_json(&reporter, model, text);
  if (status == CHURN_OK)
    status = churn_model_check(&reporter, model);
  if (status == CHURN_OK && text->length > CHURN_MODEL_MOST_BYTES)
    status = too_large(&reporter);
  if (status == CHURN_OK && !churn_model_seal(text->bytes, text->length))
    status = churn_model_fault(&reporter, "its first lines are not where they belong");
  return status;
}

static void take_id(const churn_json_text *text, churn_model *model)
{
  model->schema_version = CHURN_MODEL_SCHEMA;
  memcpy(model->id, text->bytes + ID_START, ID_LENGTH);
  model->id[ID_LENGTH] = '\0';
}

churn_status churn_model_identify(churn_model *model, churn_error *error)
{
  churn_json_text text = {0};
  churn_status status = churn_model_print(model, "the model", &text, error);
  if (status == CHURN_OK)
    take_id(&text, model);
  free(text.bytes);
  return status;
}

churn_status churn_model_write(churn_model *model, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_output *output = NULL;
  churn_status status = churn_model_print(model, path, &text, error);
  if (status == CHURN_OK)
    status = churn_output_open(path, &output, error);
  if (status == CHURN_OK) {
    churn_output_write(output, text.bytes, text.length);
    status = churn_output_commit(output, error);
  }
  if (status == CHURN_OK)
    take_id(&text, model);
  free(text.bytes);
  return status;
}
