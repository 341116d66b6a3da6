/* Which language model is meant; for the command line and for whelk_llm_named. */
#ifndef WHELK_LLM_CHOOSE_H
#define WHELK_LLM_CHOOSE_H

#include "../storyboard/storyboard.h"

/* Sets url, model and key from what is named (either may be NULL), else from OpenAI's or MiniMax's
 * variables; url stays NULL where none names a server. */
void llm_choose(whelk_llm *llm, const char *url, const char *model);

#endif
