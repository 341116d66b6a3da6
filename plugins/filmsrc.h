/* The two sources inside whelkfilmsrc. */
#ifndef WHELK_PLUGIN_FILMSRC_H
#define WHELK_PLUGIN_FILMSRC_H

#include "film.h"

#define FILM_PICTURES_CAPS                                                                         \
    "video/x-raw, format=(string)I420, width=(int)[ 32, 4096, 2 ], height=(int)[ 32, 4096, 2 ], "  \
    "framerate=(fraction)[ 1/1, 120/1 ]"

typedef struct WhelkFilmPictures WhelkFilmPictures;
typedef struct WhelkFilmSound WhelkFilmSound;

GType film_pictures_get_type(void);
GType film_sound_get_type(void);

/* Before the elements start, and NULL once they have stopped. */
void film_pictures_set_film(WhelkFilmPictures *self, struct film *film);
void film_sound_set_film(WhelkFilmSound *self, struct film *film);

/* TRUE = the event is a seek backwards: refused, before anything is flushed, and told. */
gboolean film_refuses(GstElement *child, GstEvent *event);

gboolean film_pad_is_wanted(GstElement *child, const char *name);

#endif
