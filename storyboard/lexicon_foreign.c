/* Words of other languages, each row an English word or phrase and what stands for it. Chinese has
 * every value of the shipped model's card; the others what a short prompt is likely to hold, in the
 * form that is left when an ending is taken off. English words that look alike are left out (car),
 * or do not tell which language it is (chat, mer: words.c). */
#include <string.h>

#include "lexicon.h"

/* clang-format off */
static const struct row {
    const char *language, *english, *words; /* words: space-separated */
} rows[] = {
    /* Chinese: subjects, actions, places, times, colours, directions, sizes, cameras */
    {"zh", "cat", "猫 小猫 猫咪 花猫"}, {"zh", "dog", "狗 小狗 狗狗 犬"}, {"zh", "horse", "马 小马 骏马"},
    {"zh", "child", "孩子 小孩 儿童 男孩 女孩 小男孩 小女孩"}, {"zh", "bird", "鸟 小鸟 鸟儿 麻雀 鸽子"},
    {"zh", "fish", "鱼 小鱼 金鱼 鱼儿"}, {"zh", "butterfly", "蝴蝶 蝶"},
    {"zh", "ball", "球 皮球 足球 小球"}, {"zh", "car", "汽车 车 轿车 小车 跑车 出租车"},
    {"zh", "boat", "船 小船 帆船 小舟"}, {"zh", "rocket", "火箭 飞船 宇宙飞船"},
    {"zh", "balloon", "气球 热气球"}, {"zh", "lion", "狮子"}, {"zh", "tiger", "老虎"},
    {"zh", "rabbit", "兔子 兔 小兔"}, {"zh", "duck", "鸭 鸭子 小鸭"}, {"zh", "turtle", "龟 乌龟 海龟"},
    {"zh", "elephant", "大象 小象"}, {"zh", "plane", "飞机 小飞机"}, {"zh", "person", "人 男人 女人 老人"}, {"zh", "fox", "狐狸"},
    {"zh", "walks", "走 走路 散步 行走 漫步 走过"}, {"zh", "runs", "跑 奔跑 跑步 追 追赶"},
    {"zh", "jumps", "跳 跳跃 跳起 跳过 蹦"}, {"zh", "dives", "跳水 潜水"},
    {"zh", "springboard", "跳板 跳台 高台"}, {"zh", "sits", "坐 坐下 坐着 休息"},
    {"zh", "flies", "飞 飞翔 飞舞 飞行 飞过"}, {"zh", "swims", "游 游泳 游动"},
    {"zh", "bounces", "弹 弹跳 滚 滚动"}, {"zh", "drives", "开 行驶 驾驶 开车 驶过 疾驰"},
    {"zh", "sails", "航行 驶 扬帆 起航"}, {"zh", "launches", "发射 升空 起飞"},
    {"zh", "floats", "飘 漂 漂浮 飘浮 升起 悬浮"}, {"zh", "sleeps", "睡 睡觉"},
    {"zh", "pool", "游泳池 泳池 水池 池"},
    {"zh", "beach", "海滩 沙滩 海边 海 大海 海上 海岸"}, {"zh", "meadow", "草地 草原 田野 草坪 花园"},
    {"zh", "forest", "森林 树林 林"}, {"zh", "city", "城市 街 街道 街上 城 马路"},
    {"zh", "desert", "沙漠"}, {"zh", "snow", "雪 雪地 冰 冰雪"}, {"zh", "mountains", "山 高山 群山 山谷"},
    {"zh", "underwater", "水下 海底 水底"}, {"zh", "sky", "天空 空中"}, {"zh", "park", "公园"},
    {"zh", "farm", "农场 农庄"}, {"zh", "river", "河 小河 河边 江"}, {"zh", "room", "房间 客厅 屋里 家里"},
    {"zh", "day", "白天 早晨 早上 中午 上午 下午"},
    {"zh", "dusk", "黄昏 傍晚 日落 夕阳"}, {"zh", "dawn", "清晨 日出 黎明 拂晓"}, {"zh", "night", "夜 夜晚 晚上 夜里 夜间 月光 星空"},
    {"zh", "orange", "橙 橙色 橘 橘色 橘黄"}, {"zh", "red", "红 红色"}, {"zh", "yellow", "黄 黄色 金色"},
    {"zh", "green", "绿 绿色"}, {"zh", "blue", "蓝 蓝色"}, {"zh", "white", "白 白色"},
    {"zh", "black", "黑 黑色"}, {"zh", "purple", "紫 紫色"}, {"zh", "pink", "粉色 粉红"}, {"zh", "grey", "灰 灰色"},
    {"zh", "to the left", "向左 往左"}, {"zh", "to the right", "向右 往右"},
    {"zh", "wide shot", "远景 全景"}, {"zh", "medium shot", "中景"}, {"zh", "close up", "特写 近景"},
    {"zh", "camera static", "固定镜头"}, {"zh", "pan left", "左摇"}, {"zh", "pan right", "右摇"},
    {"zh", "push in", "推近 推镜头"}, {"zh", "pull out", "拉远 拉镜头"}, {"zh", "camera follows", "跟拍 跟随镜头"},
    {"zh", "tilt up", "上摇"}, {"zh", "tilt down", "下摇"}, {"zh", "snowing", "下雪 飘雪"}, {"zh", "cloudy", "阴天 多云 雾"},
    {"zh", "watercolour", "水彩 水彩画"}, {"zh", "paper cut out", "剪纸"}, {"zh", "poster style", "海报风格"},
    {"zh", "spotted", "斑点"}, {"zh", "striped", "条纹"}, {"zh", "scarf", "围巾"},
    {"zh", "into", "进 入 到 进入"}, {"zh", "from", "从"}, {"zh", "then", "然后 接着 最后"}, {"zh", "and", "和 并"},
    {"zh", "without", "没有 无 没"}, {"zh", "not", "不 别"}, {"zh", "one", "一"}, {"zh", "two", "两 二"},
    {"zh", "three", "三"}, {"zh", "many", "许多 很多 几"}, {"zh", "the", "的"}, {"zh", "sad", "悲伤 孤独"},
    {"zh", "joyful", "快乐 欢快"}, {"zh", "peaceful", "平静 宁静"}, {"zh", "mysterious", "神秘"}, {"zh", "epic", "史诗"},
    {"zh", "rain", "雨 下雨"}, {"zh", "music", "音乐"},
    {"zh", "slowly", "慢慢 慢慢地 慢慢的 缓缓 缓缓地 缓慢 缓慢地 悠闲地"}, {"zh", "quickly", "快速 快速地 飞快 飞快地 迅速 迅速地 很快地"},
    {"zh", "full speed", "全速"}, {"zh", "single take", "一镜到底 长镜头"},
    /* Japanese */
    {"ja", "cat", "ねこ ネコ"}, {"ja", "dog", "いぬ イヌ"}, {"ja", "horse", "馬"}, {"ja", "child", "子供"},
    {"ja", "bird", "鳥"}, {"ja", "fish", "魚"}, {"ja", "car", "車"}, {"ja", "rocket", "ロケット"},
    {"ja", "ball", "ボール"}, {"ja", "dives", "飛び込む 飛び込み"}, {"ja", "runs", "走る 走り"},
    {"ja", "walks", "歩く"}, {"ja", "flies", "飛ぶ"}, {"ja", "swims", "泳ぐ"}, {"ja", "pool", "プール"},
    {"ja", "cat", "猫"}, {"ja", "dog", "犬"}, {"ja", "butterfly", "蝶々"}, {"ja", "boat", "船 舟"}, {"ja", "balloon", "気球 風船"},
    {"ja", "jumps", "跳ぶ 跳ねる"}, {"ja", "sits", "座る 座って"}, {"ja", "drives", "走行"},
    {"ja", "forest", "森"}, {"ja", "beach", "海 浜辺 海辺 砂浜"}, {"ja", "city", "街 町 都会"}, {"ja", "meadow", "草原 野原"},
    {"ja", "desert", "砂漠"}, {"ja", "snow", "雪"}, {"ja", "mountains", "山"}, {"ja", "underwater", "水中 海中"},
    {"ja", "night", "夜"}, {"ja", "dawn", "夜明け 朝焼け"}, {"ja", "white", "白い"},
    {"ja", "dusk", "夕方 夕暮れ 夕日"}, {"ja", "red", "赤い"}, {"ja", "black", "黒い"}, {"ja", "blue", "青い"},
    {"ja", "slowly", "ゆっくり ゆっくりと のんびり"}, {"ja", "quickly", "速く 素早く 急いで"}, {"ja", "full speed", "全速力で 全速力"},
    /* German */
    {"de", "cat", "katze kater kätzchen"}, {"de", "dog", "hund hündin welpe"}, {"de", "horse", "pferd pony"},
    {"de", "child", "kind junge mädchen"}, {"de", "bird", "vogel vögel"}, {"de", "fish", "fisch"},
    {"de", "butterfly", "schmetterling falter"}, {"de", "car", "auto wagen"}, {"de", "boat", "boot segelboot"},
    {"de", "ship", "schiff"}, {"de", "rocket", "rakete"}, {"de", "balloon", "ballon heißluftballon"},
    {"de", "lion", "löwe"}, {"de", "fox", "fuchs"}, {"de", "wolf", "wölfe"}, {"de", "mouse", "maus mäuse"},
    {"de", "rabbit", "hase kaninchen häschen"}, {"de", "duck", "ente"}, {"de", "turtle", "schildkröte"},
    {"de", "elephant", "elefant"}, {"de", "plane", "flugzeug"},
    {"de", "man", "mann"}, {"de", "woman", "frau"},
    {"de", "jumps", "spring hüpf hüpfen"}, {"de", "dives", "tauch"}, {"de", "walks", "läuft laufen geht spazier"},
    {"de", "runs", "renn galoppier rast jag"}, {"de", "flies", "flieg flattert"}, {"de", "swims", "schwimm"},
    {"de", "drives", "fährt fahren"}, {"de", "sits", "sitz ruht"}, {"de", "sleeps", "schläft schlafen"},
    {"de", "plays", "spiel"}, {"de", "sails", "segel"}, {"de", "floats", "schweb treib"}, {"de", "launches", "startet"},
    {"de", "bounces", "roll"},
    {"de", "pool", "schwimmbecken becken schwimmbad"}, {"de", "springboard", "sprungbrett"},
    {"de", "beach", "strand meer küste"}, {"de", "meadow", "wiese feld"}, {"de", "forest", "wald"},
    {"de", "city", "stadt straße"}, {"de", "desert", "wüste"}, {"de", "snow", "schnee"}, {"de", "snowy", "verschneit"},
    {"de", "mountains", "berg gebirge"}, {"de", "underwater", "unterwasser"}, {"de", "park", "parks"},
    {"de", "farm", "bauernhof"}, {"de", "river", "fluss fluß bach"}, {"de", "room", "zimmer wohnzimmer"},
    {"de", "snowing", "schneit"}, {"de", "cloudy", "bewölkt neblig nebel"}, {"de", "purple", "lila violett"},
    {"de", "spotted", "gefleckt gepunktet"}, {"de", "striped", "gestreift"}, {"de", "scarf", "schal"},
    {"de", "watercolour", "aquarell"}, {"de", "paper cut out", "scherenschnitt"},
    {"de", "night", "nacht nachts"}, {"de", "dusk", "abend abends sonnenuntergang dämmerung abendrot"},
    {"de", "dawn", "sonnenaufgang morgengrauen"}, {"de", "day", "morgens mittags tagsüber"},
    {"de", "red", "rot"}, {"de", "black", "schwarz"}, {"de", "white", "weiß weiss"}, {"de", "blue", "blau"},
    {"de", "green", "grün"}, {"de", "yellow", "gelb"}, {"de", "orange", "orangefarben"}, {"de", "grey", "grau"},
    {"de", "brown", "braun"},
    {"de", "little", "klein"}, {"de", "big", "groß"}, {"de", "old", "alt"}, {"de", "young", "jung"},
    {"de", "sad", "traurig einsam"}, {"de", "happy", "fröhlich lustig"}, {"de", "calm", "ruhig"},
    {"de", "a", "ein"}, {"de", "the", "der dem den das des"}, {"de", "from", "vom von"}, {"de", "into", "ins"},
    {"de", "over", "über"}, {"de", "through", "durch"}, {"de", "and", "und"}, {"de", "then", "dann"},
    {"de", "in", "im"}, {"de", "at", "am bei beim"}, {"de", "on", "auf"}, {"de", "with", "mit"},
    {"de", "along", "entlang"}, {"de", "to", "zum zur"}, {"de", "without", "ohne"}, {"de", "no", "kein"},
    {"de", "not", "nicht"}, {"de", "two", "zwei"}, {"de", "three", "drei"}, {"de", "about", "um"},
    {"de", "rain", "regen regnet"}, {"de", "who", "die sich"},
    {"de", "slowly", "langsam gemächlich gemütlich behutsam"}, {"de", "quickly", "schnell rasch flott eilig zügig"},
    {"de", "single", "einzig"}, {"de", "shot", "einstellung"},
    /* French */
    {"fr", "cat", "chat chats chatte chaton"}, {"fr", "beach", "mer"}, {"fr", "plays", "joue jouent"}, {"fr", "sits", "assis assise dort"},
    {"fr", "dog", "chien"}, {"fr", "horse", "cheval chevaux"}, {"fr", "child", "enfant fille garçon"},
    {"fr", "bird", "oiseau oiseaux"}, {"fr", "fish", "poisson"}, {"fr", "butterfly", "papillon"},
    {"fr", "car", "voiture"}, {"fr", "boat", "bateau voilier"}, {"fr", "rocket", "fusée"},
    {"fr", "balloon", "montgolfière"}, {"fr", "rabbit", "lapin"}, {"fr", "duck", "canard"}, {"fr", "turtle", "tortue"},
    {"fr", "elephant", "éléphant"}, {"fr", "plane", "avion"}, {"fr", "farm", "ferme"}, {"fr", "river", "rivière fleuve"},
    {"fr", "room", "chambre"}, {"fr", "dawn", "aube aurore"}, {"fr", "rain", "pluie pleut"},
    {"fr", "cloudy", "nuageux brouillard"}, {"fr", "spotted", "tacheté"}, {"fr", "striped", "rayé"},
    {"fr", "scarf", "écharpe"}, {"fr", "watercolour", "aquarelle"}, {"fr", "dives", "plonge plongent"}, {"fr", "jumps", "saute sautent"},
    {"fr", "runs", "court courent"}, {"fr", "flies", "vole volent"}, {"fr", "swims", "nage nagent"},
    {"fr", "walks", "marche marchent"}, {"fr", "drives", "roule traverse"}, {"fr", "pool", "piscine"},
    {"fr", "beach", "plage"}, {"fr", "forest", "forêt"}, {"fr", "city", "ville rue"}, {"fr", "desert", "désert"},
    {"fr", "snow", "neige"}, {"fr", "mountains", "montagne"}, {"fr", "meadow", "prairie"},
    {"fr", "night", "nuit"}, {"fr", "dusk", "crépuscule coucher soir"},
    {"fr", "red", "rouge"}, {"fr", "black", "noir"}, {"fr", "white", "blanc blanche"}, {"fr", "blue", "bleu"},
    {"fr", "green", "vert"}, {"fr", "yellow", "jaune"}, {"fr", "a", "une un"}, {"fr", "the", "la le les"},
    {"fr", "in", "dans"}, {"fr", "on", "sur"}, {"fr", "and", "et"}, {"fr", "without", "sans"},
    {"fr", "two", "deux"}, {"fr", "three", "trois"}, {"fr", "little", "petit"},
    {"fr", "slowly", "lentement doucement tranquillement"}, {"fr", "quickly", "vite rapidement"},
    /* Spanish */
    {"es", "cat", "gato gata"}, {"es", "dog", "perro perra"}, {"es", "horse", "caballo"},
    {"es", "child", "niño niña"}, {"es", "bird", "pájaro"}, {"es", "fish", "pez peces"},
    {"es", "butterfly", "mariposa"}, {"es", "car", "coche"}, {"es", "boat", "barco velero"},
    {"es", "rocket", "cohete"}, {"es", "balloon", "globo"},
    {"es", "rabbit", "conejo"}, {"es", "duck", "pato"}, {"es", "turtle", "tortuga"}, {"es", "elephant", "elefante"},
    {"es", "plane", "avión"}, {"es", "farm", "granja"}, {"es", "river", "río"}, {"es", "room", "habitación"},
    {"es", "dawn", "amanecer"}, {"es", "rain", "lluvia llueve"}, {"es", "snowing", "nieva"},
    {"es", "cloudy", "nublado niebla"}, {"es", "purple", "morado morada"}, {"es", "spotted", "manchado manchada"},
    {"es", "striped", "rayado rayada"}, {"es", "scarf", "bufanda"}, {"es", "watercolour", "acuarela"}, {"es", "jumps", "salta saltan"},
    {"es", "runs", "corre corren"}, {"es", "flies", "vuela vuelan"}, {"es", "swims", "nada nadan"},
    {"es", "walks", "camina caminan"}, {"es", "pool", "piscina"}, {"es", "beach", "playa"},
    {"es", "forest", "bosque"}, {"es", "city", "ciudad calle"}, {"es", "desert", "desierto"},
    {"es", "snow", "nieve"}, {"es", "mountains", "montaña"}, {"es", "night", "noche"},
    {"es", "dusk", "atardecer anochecer"}, {"es", "red", "rojo roja"}, {"es", "black", "negro negra"},
    {"es", "white", "blanco blanca"}, {"es", "blue", "azul"}, {"es", "green", "verde"},
    {"es", "yellow", "amarillo amarilla"}, {"es", "the", "el los las"}, {"es", "a", "una"},
    {"es", "at", "al"}, {"es", "in", "en"}, {"es", "through", "por"}, {"es", "and", "y"},
    {"es", "without", "sin"}, {"es", "two", "dos"}, {"es", "three", "tres"},
    {"es", "slowly", "despacio lentamente"}, {"es", "quickly", "rápido rápidamente deprisa"},
    /* Russian */
    {"ru", "cat", "кот кошка котёнок"}, {"ru", "dog", "собака пёс щенок"}, {"ru", "horse", "лошадь конь"},
    {"ru", "child", "ребёнок ребенок мальчик девочка"}, {"ru", "ball", "мяч"}, {"ru", "butterfly", "бабочка"},
    {"ru", "balloon", "шар"}, {"ru", "walks", "идёт идет гуляет"}, {"ru", "sits", "сидит"}, {"ru", "drives", "едет"},
    {"ru", "bird", "птица"}, {"ru", "fish", "рыба"}, {"ru", "car", "машина"}, {"ru", "boat", "лодка"},
    {"ru", "rocket", "ракета"}, {"ru", "jumps", "прыгает"}, {"ru", "dives", "ныряет"}, {"ru", "runs", "бежит"},
    {"ru", "flies", "летит"}, {"ru", "swims", "плывёт плывет"},
    {"ru", "pool", "бассейн бассейне"}, {"ru", "beach", "пляж пляжу пляже море морю"},
    {"ru", "forest", "лес лесу леса"}, {"ru", "city", "город городу городе города"}, {"ru", "meadow", "луг лугу поле"},
    {"ru", "desert", "пустыня пустыне"}, {"ru", "snow", "снег снегу снеге"}, {"ru", "mountains", "горы горах гор"},
    {"ru", "dusk", "закат закате вечером"}, {"ru", "red", "красный красная красное"}, {"ru", "black", "чёрный чёрная черный черная"},
    {"ru", "white", "белый белая"}, {"ru", "over", "над"}, {"ru", "along", "по"}, {"ru", "on", "на"},
    {"ru", "night", "ночь ночью"}, {"ru", "in", "в"}, {"ru", "from", "с"}, {"ru", "and", "и"}, {"ru", "without", "без"},
    {"ru", "slowly", "медленно неспешно неторопливо"}, {"ru", "quickly", "быстро"},
};
/* clang-format on */

static void take(struct lexicon_foreign *out, const struct row *row, size_t size)
{
    *out = (struct lexicon_foreign){row->english, row->language, size};
}

bool lexicon_foreign_start(const char *text, struct lexicon_foreign *out)
{
    out->size = 0;
    for (int i = 0; i < COUNT(rows); i++)
        for (const char *p = rows[i].words; *p; p += strspn(p, " ")) {
            size_t n = strcspn(p, " ");
            if (n > out->size && strncmp(text, p, n) == 0)
                take(out, &rows[i], n);
            p += n;
        }
    return out->size > 0;
}

static bool find_row(const char *word, size_t size, const char *language,
                     struct lexicon_foreign *out)
{
    for (int i = 0; i < COUNT(rows); i++) {
        if (language && strcmp(rows[i].language, language) != 0)
            continue;
        for (const char *p = rows[i].words; *p; p += strspn(p, " ")) {
            size_t n = strcspn(p, " ");
            if (n == size && strncmp(p, word, n) == 0) {
                take(out, &rows[i], n);
                return true;
            }
            p += n;
        }
    }
    return false;
}

/* As it stands, then without the endings of adjectives, nouns and verbs of each language. */
bool lexicon_foreign_word(const char *word, struct lexicon_foreign *out)
{
    static const char *const endings[][2] = {
        {"de", "er"}, {"de", "es"}, {"de", "en"}, {"de", "em"}, {"de", "e"},
        {"de", "t"},  {"de", "n"},  {"de", "s"},  {"fr", "es"}, {"fr", "e"},
        {"fr", "s"},  {"es", "s"},  {"es", "es"},
    };
    size_t size = strlen(word);
    if (find_row(word, size, NULL, out))
        return true;
    for (int i = 0; i < COUNT(endings); i++) {
        size_t n = strlen(endings[i][1]);
        size_t least = strcmp(endings[i][0], "de") == 0 ? 3 : 4;
        if (size >= n + least && strcmp(word + size - n, endings[i][1]) == 0 &&
            find_row(word, size - n, endings[i][0], out))
            return true;
    }
    return false;
}
