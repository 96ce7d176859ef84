/* Collations by their names, and which one a character set has where none is said.
 *
 * Source: information_schema of MySQL 9.7.4, MariaDB 10.11.19 and 11.8.6. A name has the same number on both, but for five; those of
 * UCA 14.0, which MariaDB has for each of five sets, are numbered alike within each. Pure. */
#include "collations_int.h"
#include "schema/collation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct collation {
    const char *name;
    uint16_t id;
    uint8_t only; /* of one kind of server, where the other has the name for another */
};
enum { MYSQL = LEAT_TABLE_OF_MYSQL, MARIADB = LEAT_TABLE_OF_MARIADB, NAME_MAX_SIZE = 64 };

/* clang-format off */
static const struct collation collations[] = { /* sorted */
    {"armscii8_bin", 64, 0}, {"armscii8_general_ci", 32, 0}, {"armscii8_general_nopad_ci", 1056, 0},
    {"armscii8_nopad_bin", 1088, 0}, {"ascii_bin", 65, 0}, {"ascii_general_ci", 11, 0},
    {"ascii_general_nopad_ci", 1035, 0}, {"ascii_nopad_bin", 1089, 0}, {"big5_bin", 84, 0},
    {"big5_chinese_ci", 1, 0}, {"big5_chinese_nopad_ci", 1025, 0}, {"big5_nopad_bin", 1108, 0},
    {"binary", 63, 0}, {"cp1250_bin", 66, 0}, {"cp1250_croatian_ci", 44, 0}, {"cp1250_czech_cs", 34, 0},
    {"cp1250_general_ci", 26, 0}, {"cp1250_general_nopad_ci", 1050, 0}, {"cp1250_nopad_bin", 1090, 0},
    {"cp1250_polish_ci", 99, 0}, {"cp1251_bin", 50, 0}, {"cp1251_bulgarian_ci", 14, 0},
    {"cp1251_general_ci", 51, 0}, {"cp1251_general_cs", 52, 0}, {"cp1251_general_nopad_ci", 1075, 0},
    {"cp1251_nopad_bin", 1074, 0}, {"cp1251_ukrainian_ci", 23, 0}, {"cp1256_bin", 67, 0},
    {"cp1256_general_ci", 57, 0}, {"cp1256_general_nopad_ci", 1081, 0}, {"cp1256_nopad_bin", 1091, 0},
    {"cp1257_bin", 58, 0}, {"cp1257_general_ci", 59, 0}, {"cp1257_general_nopad_ci", 1083, 0},
    {"cp1257_lithuanian_ci", 29, 0}, {"cp1257_nopad_bin", 1082, 0}, {"cp850_bin", 80, 0},
    {"cp850_general_ci", 4, 0}, {"cp850_general_nopad_ci", 1028, 0}, {"cp850_nopad_bin", 1104, 0},
    {"cp852_bin", 81, 0}, {"cp852_general_ci", 40, 0}, {"cp852_general_nopad_ci", 1064, 0},
    {"cp852_nopad_bin", 1105, 0}, {"cp866_bin", 68, 0}, {"cp866_general_ci", 36, 0},
    {"cp866_general_nopad_ci", 1060, 0}, {"cp866_nopad_bin", 1092, 0}, {"cp932_bin", 96, 0},
    {"cp932_japanese_ci", 95, 0}, {"cp932_japanese_nopad_ci", 1119, 0}, {"cp932_nopad_bin", 1120, 0},
    {"dec8_bin", 69, 0}, {"dec8_nopad_bin", 1093, 0}, {"dec8_swedish_ci", 3, 0},
    {"dec8_swedish_nopad_ci", 1027, 0}, {"eucjpms_bin", 98, 0}, {"eucjpms_japanese_ci", 97, 0},
    {"eucjpms_japanese_nopad_ci", 1121, 0}, {"eucjpms_nopad_bin", 1122, 0}, {"euckr_bin", 85, 0},
    {"euckr_korean_ci", 19, 0}, {"euckr_korean_nopad_ci", 1043, 0}, {"euckr_nopad_bin", 1109, 0},
    {"gb18030_bin", 249, 0}, {"gb18030_chinese_ci", 248, 0}, {"gb18030_unicode_520_ci", 250, 0},
    {"gb2312_bin", 86, 0}, {"gb2312_chinese_ci", 24, 0}, {"gb2312_chinese_nopad_ci", 1048, 0},
    {"gb2312_nopad_bin", 1110, 0}, {"gbk_bin", 87, 0}, {"gbk_chinese_ci", 28, 0},
    {"gbk_chinese_nopad_ci", 1052, 0}, {"gbk_nopad_bin", 1111, 0}, {"geostd8_bin", 93, 0},
    {"geostd8_general_ci", 92, 0}, {"geostd8_general_nopad_ci", 1116, 0}, {"geostd8_nopad_bin", 1117, 0},
    {"greek_bin", 70, 0}, {"greek_general_ci", 25, 0}, {"greek_general_nopad_ci", 1049, 0},
    {"greek_nopad_bin", 1094, 0}, {"hebrew_bin", 71, 0}, {"hebrew_general_ci", 16, 0},
    {"hebrew_general_nopad_ci", 1040, 0}, {"hebrew_nopad_bin", 1095, 0}, {"hp8_bin", 72, 0},
    {"hp8_english_ci", 6, 0}, {"hp8_english_nopad_ci", 1030, 0}, {"hp8_nopad_bin", 1096, 0},
    {"keybcs2_bin", 73, 0}, {"keybcs2_general_ci", 37, 0}, {"keybcs2_general_nopad_ci", 1061, 0},
    {"keybcs2_nopad_bin", 1097, 0}, {"koi8r_bin", 74, 0}, {"koi8r_general_ci", 7, 0},
    {"koi8r_general_nopad_ci", 1031, 0}, {"koi8r_nopad_bin", 1098, 0}, {"koi8u_bin", 75, 0},
    {"koi8u_general_ci", 22, 0}, {"koi8u_general_nopad_ci", 1046, 0}, {"koi8u_nopad_bin", 1099, 0},
    {"latin1_bin", 47, 0}, {"latin1_danish_ci", 15, 0}, {"latin1_general_ci", 48, 0},
    {"latin1_general_cs", 49, 0}, {"latin1_german1_ci", 5, 0}, {"latin1_german2_ci", 31, 0},
    {"latin1_nopad_bin", 1071, 0}, {"latin1_spanish_ci", 94, 0}, {"latin1_swedish_ci", 8, 0},
    {"latin1_swedish_nopad_ci", 1032, 0}, {"latin2_bin", 77, 0}, {"latin2_croatian_ci", 27, 0},
    {"latin2_czech_cs", 2, 0}, {"latin2_general_ci", 9, 0}, {"latin2_general_nopad_ci", 1033, 0},
    {"latin2_hungarian_ci", 21, 0}, {"latin2_nopad_bin", 1101, 0}, {"latin5_bin", 78, 0},
    {"latin5_nopad_bin", 1102, 0}, {"latin5_turkish_ci", 30, 0}, {"latin5_turkish_nopad_ci", 1054, 0},
    {"latin7_bin", 79, 0}, {"latin7_estonian_cs", 20, 0}, {"latin7_general_ci", 41, 0},
    {"latin7_general_cs", 42, 0}, {"latin7_general_nopad_ci", 1065, 0}, {"latin7_nopad_bin", 1103, 0},
    {"macce_bin", 43, 0}, {"macce_general_ci", 38, 0}, {"macce_general_nopad_ci", 1062, 0},
    {"macce_nopad_bin", 1067, 0}, {"macroman_bin", 53, 0}, {"macroman_general_ci", 39, 0},
    {"macroman_general_nopad_ci", 1063, 0}, {"macroman_nopad_bin", 1077, 0}, {"sjis_bin", 88, 0},
    {"sjis_japanese_ci", 13, 0}, {"sjis_japanese_nopad_ci", 1037, 0}, {"sjis_nopad_bin", 1112, 0},
    {"swe7_bin", 82, 0}, {"swe7_nopad_bin", 1106, 0}, {"swe7_swedish_ci", 10, 0},
    {"swe7_swedish_nopad_ci", 1034, 0}, {"tis620_bin", 89, 0}, {"tis620_nopad_bin", 1113, 0},
    {"tis620_thai_ci", 18, 0}, {"tis620_thai_nopad_ci", 1042, 0}, {"ucs2_bin", 90, 0},
    {"ucs2_croatian_ci", 149, MYSQL}, {"ucs2_croatian_ci", 640, MARIADB},
    {"ucs2_croatian_mysql561_ci", 149, 0}, {"ucs2_czech_ci", 138, 0}, {"ucs2_danish_ci", 139, 0},
    {"ucs2_esperanto_ci", 145, 0}, {"ucs2_estonian_ci", 134, 0}, {"ucs2_general_ci", 35, 0},
    {"ucs2_general_mysql500_ci", 159, 0}, {"ucs2_general_nopad_ci", 1059, 0}, {"ucs2_german2_ci", 148, 0},
    {"ucs2_hungarian_ci", 146, 0}, {"ucs2_icelandic_ci", 129, 0}, {"ucs2_latvian_ci", 130, 0},
    {"ucs2_lithuanian_ci", 140, 0}, {"ucs2_myanmar_ci", 641, 0}, {"ucs2_nopad_bin", 1114, 0},
    {"ucs2_persian_ci", 144, 0}, {"ucs2_polish_ci", 133, 0}, {"ucs2_roman_ci", 143, 0},
    {"ucs2_romanian_ci", 131, 0}, {"ucs2_sinhala_ci", 147, 0}, {"ucs2_slovak_ci", 141, 0},
    {"ucs2_slovenian_ci", 132, 0}, {"ucs2_spanish2_ci", 142, 0}, {"ucs2_spanish_ci", 135, 0},
    {"ucs2_swedish_ci", 136, 0}, {"ucs2_thai_520_w2", 642, 0}, {"ucs2_turkish_ci", 137, 0},
    {"ucs2_unicode_520_ci", 150, 0}, {"ucs2_unicode_520_nopad_ci", 1174, 0}, {"ucs2_unicode_ci", 128, 0},
    {"ucs2_unicode_nopad_ci", 1152, 0}, {"ucs2_vietnamese_ci", 151, 0}, {"ujis_bin", 91, 0},
    {"ujis_japanese_ci", 12, 0}, {"ujis_japanese_nopad_ci", 1036, 0}, {"ujis_nopad_bin", 1115, 0},
    {"utf16_bin", 55, 0}, {"utf16_croatian_ci", 122, MYSQL}, {"utf16_croatian_ci", 672, MARIADB},
    {"utf16_croatian_mysql561_ci", 122, 0}, {"utf16_czech_ci", 111, 0}, {"utf16_danish_ci", 112, 0},
    {"utf16_esperanto_ci", 118, 0}, {"utf16_estonian_ci", 107, 0}, {"utf16_general_ci", 54, 0},
    {"utf16_general_nopad_ci", 1078, 0}, {"utf16_german2_ci", 121, 0}, {"utf16_hungarian_ci", 119, 0},
    {"utf16_icelandic_ci", 102, 0}, {"utf16_latvian_ci", 103, 0}, {"utf16_lithuanian_ci", 113, 0},
    {"utf16_myanmar_ci", 673, 0}, {"utf16_nopad_bin", 1079, 0}, {"utf16_persian_ci", 117, 0},
    {"utf16_polish_ci", 106, 0}, {"utf16_roman_ci", 116, 0}, {"utf16_romanian_ci", 104, 0},
    {"utf16_sinhala_ci", 120, 0}, {"utf16_slovak_ci", 114, 0}, {"utf16_slovenian_ci", 105, 0},
    {"utf16_spanish2_ci", 115, 0}, {"utf16_spanish_ci", 108, 0}, {"utf16_swedish_ci", 109, 0},
    {"utf16_thai_520_w2", 674, 0}, {"utf16_turkish_ci", 110, 0}, {"utf16_unicode_520_ci", 123, 0},
    {"utf16_unicode_520_nopad_ci", 1147, 0}, {"utf16_unicode_ci", 101, 0},
    {"utf16_unicode_nopad_ci", 1125, 0}, {"utf16_vietnamese_ci", 124, 0}, {"utf16le_bin", 62, 0},
    {"utf16le_general_ci", 56, 0}, {"utf16le_general_nopad_ci", 1080, 0}, {"utf16le_nopad_bin", 1086, 0},
    {"utf32_bin", 61, 0}, {"utf32_croatian_ci", 181, MYSQL}, {"utf32_croatian_ci", 736, MARIADB},
    {"utf32_croatian_mysql561_ci", 181, 0}, {"utf32_czech_ci", 170, 0}, {"utf32_danish_ci", 171, 0},
    {"utf32_esperanto_ci", 177, 0}, {"utf32_estonian_ci", 166, 0}, {"utf32_general_ci", 60, 0},
    {"utf32_general_nopad_ci", 1084, 0}, {"utf32_german2_ci", 180, 0}, {"utf32_hungarian_ci", 178, 0},
    {"utf32_icelandic_ci", 161, 0}, {"utf32_latvian_ci", 162, 0}, {"utf32_lithuanian_ci", 172, 0},
    {"utf32_myanmar_ci", 737, 0}, {"utf32_nopad_bin", 1085, 0}, {"utf32_persian_ci", 176, 0},
    {"utf32_polish_ci", 165, 0}, {"utf32_roman_ci", 175, 0}, {"utf32_romanian_ci", 163, 0},
    {"utf32_sinhala_ci", 179, 0}, {"utf32_slovak_ci", 173, 0}, {"utf32_slovenian_ci", 164, 0},
    {"utf32_spanish2_ci", 174, 0}, {"utf32_spanish_ci", 167, 0}, {"utf32_swedish_ci", 168, 0},
    {"utf32_thai_520_w2", 738, 0}, {"utf32_turkish_ci", 169, 0}, {"utf32_unicode_520_ci", 182, 0},
    {"utf32_unicode_520_nopad_ci", 1206, 0}, {"utf32_unicode_ci", 160, 0},
    {"utf32_unicode_nopad_ci", 1184, 0}, {"utf32_vietnamese_ci", 183, 0}, {"utf8mb3_bin", 83, 0},
    {"utf8mb3_croatian_ci", 213, MYSQL}, {"utf8mb3_croatian_ci", 576, MARIADB},
    {"utf8mb3_croatian_mysql561_ci", 213, 0}, {"utf8mb3_czech_ci", 202, 0}, {"utf8mb3_danish_ci", 203, 0},
    {"utf8mb3_esperanto_ci", 209, 0}, {"utf8mb3_estonian_ci", 198, 0}, {"utf8mb3_general1400_as_ci", 579, 0},
    {"utf8mb3_general_ci", 33, 0}, {"utf8mb3_general_mysql500_ci", 223, 0},
    {"utf8mb3_general_nopad_ci", 1057, 0}, {"utf8mb3_german2_ci", 212, 0}, {"utf8mb3_hungarian_ci", 210, 0},
    {"utf8mb3_icelandic_ci", 193, 0}, {"utf8mb3_latvian_ci", 194, 0}, {"utf8mb3_lithuanian_ci", 204, 0},
    {"utf8mb3_myanmar_ci", 577, 0}, {"utf8mb3_nopad_bin", 1107, 0}, {"utf8mb3_persian_ci", 208, 0},
    {"utf8mb3_polish_ci", 197, 0}, {"utf8mb3_roman_ci", 207, 0}, {"utf8mb3_romanian_ci", 195, 0},
    {"utf8mb3_sinhala_ci", 211, 0}, {"utf8mb3_slovak_ci", 205, 0}, {"utf8mb3_slovenian_ci", 196, 0},
    {"utf8mb3_spanish2_ci", 206, 0}, {"utf8mb3_spanish_ci", 199, 0}, {"utf8mb3_swedish_ci", 200, 0},
    {"utf8mb3_thai_520_w2", 578, 0}, {"utf8mb3_tolower_ci", 76, 0}, {"utf8mb3_turkish_ci", 201, 0},
    {"utf8mb3_unicode_520_ci", 214, 0}, {"utf8mb3_unicode_520_nopad_ci", 1238, 0},
    {"utf8mb3_unicode_ci", 192, 0}, {"utf8mb3_unicode_nopad_ci", 1216, 0}, {"utf8mb3_vietnamese_ci", 215, 0},
    {"utf8mb4_0900_ai_ci", 255, 0}, {"utf8mb4_0900_as_ci", 305, 0}, {"utf8mb4_0900_as_cs", 278, 0},
    {"utf8mb4_0900_bin", 309, 0}, {"utf8mb4_bg_0900_ai_ci", 318, 0}, {"utf8mb4_bg_0900_as_cs", 319, 0},
    {"utf8mb4_bin", 46, 0}, {"utf8mb4_bs_0900_ai_ci", 316, 0}, {"utf8mb4_bs_0900_as_cs", 317, 0},
    {"utf8mb4_croatian_ci", 245, MYSQL}, {"utf8mb4_croatian_ci", 608, MARIADB},
    {"utf8mb4_croatian_mysql561_ci", 245, 0}, {"utf8mb4_cs_0900_ai_ci", 266, 0},
    {"utf8mb4_cs_0900_as_cs", 289, 0}, {"utf8mb4_czech_ci", 234, 0}, {"utf8mb4_da_0900_ai_ci", 267, 0},
    {"utf8mb4_da_0900_as_cs", 290, 0}, {"utf8mb4_danish_ci", 235, 0}, {"utf8mb4_de_pb_0900_ai_ci", 256, 0},
    {"utf8mb4_de_pb_0900_as_cs", 279, 0}, {"utf8mb4_eo_0900_ai_ci", 273, 0},
    {"utf8mb4_eo_0900_as_cs", 296, 0}, {"utf8mb4_es_0900_ai_ci", 263, 0}, {"utf8mb4_es_0900_as_cs", 286, 0},
    {"utf8mb4_es_trad_0900_ai_ci", 270, 0}, {"utf8mb4_es_trad_0900_as_cs", 293, 0},
    {"utf8mb4_esperanto_ci", 241, 0}, {"utf8mb4_estonian_ci", 230, 0}, {"utf8mb4_et_0900_ai_ci", 262, 0},
    {"utf8mb4_et_0900_as_cs", 285, 0}, {"utf8mb4_general1400_as_ci", 611, 0}, {"utf8mb4_general_ci", 45, 0},
    {"utf8mb4_general_nopad_ci", 1069, 0}, {"utf8mb4_german2_ci", 244, 0}, {"utf8mb4_gl_0900_ai_ci", 320, 0},
    {"utf8mb4_gl_0900_as_cs", 321, 0}, {"utf8mb4_hr_0900_ai_ci", 275, 0}, {"utf8mb4_hr_0900_as_cs", 298, 0},
    {"utf8mb4_hu_0900_ai_ci", 274, 0}, {"utf8mb4_hu_0900_as_cs", 297, 0}, {"utf8mb4_hungarian_ci", 242, 0},
    {"utf8mb4_icelandic_ci", 225, 0}, {"utf8mb4_is_0900_ai_ci", 257, 0}, {"utf8mb4_is_0900_as_cs", 280, 0},
    {"utf8mb4_ja_0900_as_cs", 303, 0}, {"utf8mb4_ja_0900_as_cs_ks", 304, 0},
    {"utf8mb4_la_0900_ai_ci", 271, 0}, {"utf8mb4_la_0900_as_cs", 294, 0}, {"utf8mb4_latvian_ci", 226, 0},
    {"utf8mb4_lithuanian_ci", 236, 0}, {"utf8mb4_lt_0900_ai_ci", 268, 0}, {"utf8mb4_lt_0900_as_cs", 291, 0},
    {"utf8mb4_lv_0900_ai_ci", 258, 0}, {"utf8mb4_lv_0900_as_cs", 281, 0},
    {"utf8mb4_mn_cyrl_0900_ai_ci", 322, 0}, {"utf8mb4_mn_cyrl_0900_as_cs", 323, 0},
    {"utf8mb4_myanmar_ci", 609, 0}, {"utf8mb4_nb_0900_ai_ci", 310, 0}, {"utf8mb4_nb_0900_as_cs", 311, 0},
    {"utf8mb4_nn_0900_ai_ci", 312, 0}, {"utf8mb4_nn_0900_as_cs", 313, 0}, {"utf8mb4_nopad_bin", 1070, 0},
    {"utf8mb4_persian_ci", 240, 0}, {"utf8mb4_pl_0900_ai_ci", 261, 0}, {"utf8mb4_pl_0900_as_cs", 284, 0},
    {"utf8mb4_polish_ci", 229, 0}, {"utf8mb4_ro_0900_ai_ci", 259, 0}, {"utf8mb4_ro_0900_as_cs", 282, 0},
    {"utf8mb4_roman_ci", 239, 0}, {"utf8mb4_romanian_ci", 227, 0}, {"utf8mb4_ru_0900_ai_ci", 306, 0},
    {"utf8mb4_ru_0900_as_cs", 307, 0}, {"utf8mb4_sinhala_ci", 243, 0}, {"utf8mb4_sk_0900_ai_ci", 269, 0},
    {"utf8mb4_sk_0900_as_cs", 292, 0}, {"utf8mb4_sl_0900_ai_ci", 260, 0}, {"utf8mb4_sl_0900_as_cs", 283, 0},
    {"utf8mb4_slovak_ci", 237, 0}, {"utf8mb4_slovenian_ci", 228, 0}, {"utf8mb4_spanish2_ci", 238, 0},
    {"utf8mb4_spanish_ci", 231, 0}, {"utf8mb4_sr_latn_0900_ai_ci", 314, 0},
    {"utf8mb4_sr_latn_0900_as_cs", 315, 0}, {"utf8mb4_sv_0900_ai_ci", 264, 0},
    {"utf8mb4_sv_0900_as_cs", 287, 0}, {"utf8mb4_swedish_ci", 232, 0}, {"utf8mb4_thai_520_w2", 610, 0},
    {"utf8mb4_tr_0900_ai_ci", 265, 0}, {"utf8mb4_tr_0900_as_cs", 288, 0}, {"utf8mb4_turkish_ci", 233, 0},
    {"utf8mb4_unicode_520_ci", 246, 0}, {"utf8mb4_unicode_520_nopad_ci", 1270, 0},
    {"utf8mb4_unicode_ci", 224, 0}, {"utf8mb4_unicode_nopad_ci", 1248, 0}, {"utf8mb4_vi_0900_ai_ci", 277, 0},
    {"utf8mb4_vi_0900_as_cs", 300, 0}, {"utf8mb4_vietnamese_ci", 247, 0}, {"utf8mb4_zh_0900_as_cs", 308, 0},
};

/* Behind "uca1400_"; the number counts from the set's first. Sorted. */
static const struct collation uca[] = {
    {"ai_ci", 0, 0}, {"ai_cs", 1, 0}, {"as_ci", 2, 0}, {"as_cs", 3, 0}, {"croatian_ai_ci", 192, 0},
    {"croatian_ai_cs", 193, 0}, {"croatian_as_ci", 194, 0}, {"croatian_as_cs", 195, 0},
    {"croatian_nopad_ai_ci", 196, 0}, {"croatian_nopad_ai_cs", 197, 0}, {"croatian_nopad_as_ci", 198, 0},
    {"croatian_nopad_as_cs", 199, 0}, {"czech_ai_ci", 80, 0}, {"czech_ai_cs", 81, 0}, {"czech_as_ci", 82, 0},
    {"czech_as_cs", 83, 0}, {"czech_nopad_ai_ci", 84, 0}, {"czech_nopad_ai_cs", 85, 0},
    {"czech_nopad_as_ci", 86, 0}, {"czech_nopad_as_cs", 87, 0}, {"danish_ai_ci", 88, 0},
    {"danish_ai_cs", 89, 0}, {"danish_as_ci", 90, 0}, {"danish_as_cs", 91, 0}, {"danish_nopad_ai_ci", 92, 0},
    {"danish_nopad_ai_cs", 93, 0}, {"danish_nopad_as_ci", 94, 0}, {"danish_nopad_as_cs", 95, 0},
    {"esperanto_ai_ci", 136, 0}, {"esperanto_ai_cs", 137, 0}, {"esperanto_as_ci", 138, 0},
    {"esperanto_as_cs", 139, 0}, {"esperanto_nopad_ai_ci", 140, 0}, {"esperanto_nopad_ai_cs", 141, 0},
    {"esperanto_nopad_as_ci", 142, 0}, {"esperanto_nopad_as_cs", 143, 0}, {"estonian_ai_ci", 48, 0},
    {"estonian_ai_cs", 49, 0}, {"estonian_as_ci", 50, 0}, {"estonian_as_cs", 51, 0},
    {"estonian_nopad_ai_ci", 52, 0}, {"estonian_nopad_ai_cs", 53, 0}, {"estonian_nopad_as_ci", 54, 0},
    {"estonian_nopad_as_cs", 55, 0}, {"german2_ai_ci", 160, 0}, {"german2_ai_cs", 161, 0},
    {"german2_as_ci", 162, 0}, {"german2_as_cs", 163, 0}, {"german2_nopad_ai_ci", 164, 0},
    {"german2_nopad_ai_cs", 165, 0}, {"german2_nopad_as_ci", 166, 0}, {"german2_nopad_as_cs", 167, 0},
    {"hungarian_ai_ci", 144, 0}, {"hungarian_ai_cs", 145, 0}, {"hungarian_as_ci", 146, 0},
    {"hungarian_as_cs", 147, 0}, {"hungarian_nopad_ai_ci", 148, 0}, {"hungarian_nopad_ai_cs", 149, 0},
    {"hungarian_nopad_as_ci", 150, 0}, {"hungarian_nopad_as_cs", 151, 0}, {"icelandic_ai_ci", 8, 0},
    {"icelandic_ai_cs", 9, 0}, {"icelandic_as_ci", 10, 0}, {"icelandic_as_cs", 11, 0},
    {"icelandic_nopad_ai_ci", 12, 0}, {"icelandic_nopad_ai_cs", 13, 0}, {"icelandic_nopad_as_ci", 14, 0},
    {"icelandic_nopad_as_cs", 15, 0}, {"latvian_ai_ci", 16, 0}, {"latvian_ai_cs", 17, 0},
    {"latvian_as_ci", 18, 0}, {"latvian_as_cs", 19, 0}, {"latvian_nopad_ai_ci", 20, 0},
    {"latvian_nopad_ai_cs", 21, 0}, {"latvian_nopad_as_ci", 22, 0}, {"latvian_nopad_as_cs", 23, 0},
    {"lithuanian_ai_ci", 96, 0}, {"lithuanian_ai_cs", 97, 0}, {"lithuanian_as_ci", 98, 0},
    {"lithuanian_as_cs", 99, 0}, {"lithuanian_nopad_ai_ci", 100, 0}, {"lithuanian_nopad_ai_cs", 101, 0},
    {"lithuanian_nopad_as_ci", 102, 0}, {"lithuanian_nopad_as_cs", 103, 0}, {"nopad_ai_ci", 4, 0},
    {"nopad_ai_cs", 5, 0}, {"nopad_as_ci", 6, 0}, {"nopad_as_cs", 7, 0}, {"persian_ai_ci", 128, 0},
    {"persian_ai_cs", 129, 0}, {"persian_as_ci", 130, 0}, {"persian_as_cs", 131, 0},
    {"persian_nopad_ai_ci", 132, 0}, {"persian_nopad_ai_cs", 133, 0}, {"persian_nopad_as_ci", 134, 0},
    {"persian_nopad_as_cs", 135, 0}, {"polish_ai_ci", 40, 0}, {"polish_ai_cs", 41, 0},
    {"polish_as_ci", 42, 0}, {"polish_as_cs", 43, 0}, {"polish_nopad_ai_ci", 44, 0},
    {"polish_nopad_ai_cs", 45, 0}, {"polish_nopad_as_ci", 46, 0}, {"polish_nopad_as_cs", 47, 0},
    {"roman_ai_ci", 120, 0}, {"roman_ai_cs", 121, 0}, {"roman_as_ci", 122, 0}, {"roman_as_cs", 123, 0},
    {"roman_nopad_ai_ci", 124, 0}, {"roman_nopad_ai_cs", 125, 0}, {"roman_nopad_as_ci", 126, 0},
    {"roman_nopad_as_cs", 127, 0}, {"romanian_ai_ci", 24, 0}, {"romanian_ai_cs", 25, 0},
    {"romanian_as_ci", 26, 0}, {"romanian_as_cs", 27, 0}, {"romanian_nopad_ai_ci", 28, 0},
    {"romanian_nopad_ai_cs", 29, 0}, {"romanian_nopad_as_ci", 30, 0}, {"romanian_nopad_as_cs", 31, 0},
    {"sinhala_ai_ci", 152, 0}, {"sinhala_ai_cs", 153, 0}, {"sinhala_as_ci", 154, 0},
    {"sinhala_as_cs", 155, 0}, {"sinhala_nopad_ai_ci", 156, 0}, {"sinhala_nopad_ai_cs", 157, 0},
    {"sinhala_nopad_as_ci", 158, 0}, {"sinhala_nopad_as_cs", 159, 0}, {"slovak_ai_ci", 104, 0},
    {"slovak_ai_cs", 105, 0}, {"slovak_as_ci", 106, 0}, {"slovak_as_cs", 107, 0},
    {"slovak_nopad_ai_ci", 108, 0}, {"slovak_nopad_ai_cs", 109, 0}, {"slovak_nopad_as_ci", 110, 0},
    {"slovak_nopad_as_cs", 111, 0}, {"slovenian_ai_ci", 32, 0}, {"slovenian_ai_cs", 33, 0},
    {"slovenian_as_ci", 34, 0}, {"slovenian_as_cs", 35, 0}, {"slovenian_nopad_ai_ci", 36, 0},
    {"slovenian_nopad_ai_cs", 37, 0}, {"slovenian_nopad_as_ci", 38, 0}, {"slovenian_nopad_as_cs", 39, 0},
    {"spanish2_ai_ci", 112, 0}, {"spanish2_ai_cs", 113, 0}, {"spanish2_as_ci", 114, 0},
    {"spanish2_as_cs", 115, 0}, {"spanish2_nopad_ai_ci", 116, 0}, {"spanish2_nopad_ai_cs", 117, 0},
    {"spanish2_nopad_as_ci", 118, 0}, {"spanish2_nopad_as_cs", 119, 0}, {"spanish_ai_ci", 56, 0},
    {"spanish_ai_cs", 57, 0}, {"spanish_as_ci", 58, 0}, {"spanish_as_cs", 59, 0},
    {"spanish_nopad_ai_ci", 60, 0}, {"spanish_nopad_ai_cs", 61, 0}, {"spanish_nopad_as_ci", 62, 0},
    {"spanish_nopad_as_cs", 63, 0}, {"swedish_ai_ci", 64, 0}, {"swedish_ai_cs", 65, 0},
    {"swedish_as_ci", 66, 0}, {"swedish_as_cs", 67, 0}, {"swedish_nopad_ai_ci", 68, 0},
    {"swedish_nopad_ai_cs", 69, 0}, {"swedish_nopad_as_ci", 70, 0}, {"swedish_nopad_as_cs", 71, 0},
    {"turkish_ai_ci", 72, 0}, {"turkish_ai_cs", 73, 0}, {"turkish_as_ci", 74, 0}, {"turkish_as_cs", 75, 0},
    {"turkish_nopad_ai_ci", 76, 0}, {"turkish_nopad_ai_cs", 77, 0}, {"turkish_nopad_as_ci", 78, 0},
    {"turkish_nopad_as_cs", 79, 0}, {"vietnamese_ai_ci", 184, 0}, {"vietnamese_ai_cs", 185, 0},
    {"vietnamese_as_ci", 186, 0}, {"vietnamese_as_cs", 187, 0}, {"vietnamese_nopad_ai_ci", 188, 0},
    {"vietnamese_nopad_ai_cs", 189, 0}, {"vietnamese_nopad_as_ci", 190, 0},
    {"vietnamese_nopad_as_cs", 191, 0},
};

/* MySQL's; utf8mb4's depends on the server. */
static const uint16_t defaults[LEAT_CHARSET_COUNT] = {
    [LEAT_CHARSET_ARMSCII8] = 32, [LEAT_CHARSET_ASCII] = 11, [LEAT_CHARSET_BIG5] = 1,
    [LEAT_CHARSET_BINARY] = 63, [LEAT_CHARSET_CP1250] = 26, [LEAT_CHARSET_CP1251] = 51,
    [LEAT_CHARSET_CP1256] = 57, [LEAT_CHARSET_CP1257] = 59, [LEAT_CHARSET_CP850] = 4,
    [LEAT_CHARSET_CP852] = 40, [LEAT_CHARSET_CP866] = 36, [LEAT_CHARSET_CP932] = 95, [LEAT_CHARSET_DEC8] = 3,
    [LEAT_CHARSET_EUCJPMS] = 97, [LEAT_CHARSET_EUCKR] = 19, [LEAT_CHARSET_GB18030] = 248,
    [LEAT_CHARSET_GB2312] = 24, [LEAT_CHARSET_GBK] = 28, [LEAT_CHARSET_GEOSTD8] = 92,
    [LEAT_CHARSET_GREEK] = 25, [LEAT_CHARSET_HEBREW] = 16, [LEAT_CHARSET_HP8] = 6,
    [LEAT_CHARSET_KEYBCS2] = 37, [LEAT_CHARSET_KOI8R] = 7, [LEAT_CHARSET_KOI8U] = 22,
    [LEAT_CHARSET_LATIN1] = 8, [LEAT_CHARSET_LATIN2] = 9, [LEAT_CHARSET_LATIN5] = 30,
    [LEAT_CHARSET_LATIN7] = 41, [LEAT_CHARSET_MACCE] = 38, [LEAT_CHARSET_MACROMAN] = 39,
    [LEAT_CHARSET_SJIS] = 13, [LEAT_CHARSET_SWE7] = 10, [LEAT_CHARSET_TIS620] = 18, [LEAT_CHARSET_UCS2] = 35,
    [LEAT_CHARSET_UJIS] = 12, [LEAT_CHARSET_UTF16] = 54, [LEAT_CHARSET_UTF16LE] = 56,
    [LEAT_CHARSET_UTF32] = 60, [LEAT_CHARSET_UTF8MB3] = 33, [LEAT_CHARSET_UTF8MB4] = 255,
};
/* clang-format on */

enum leat_charset leat_charset_by_name(const char *name)
{
    struct leat_text wanted = {name, (uint32_t)strlen(name)};
    if (leat_name_equal(wanted, (struct leat_text){"utf8", 4}))
        return LEAT_CHARSET_UTF8MB3;
    for (int set = LEAT_CHARSET_UNKNOWN + 1; set < LEAT_CHARSET_COUNT; set++) {
        const char *label = leat_charset_label((enum leat_charset)set);
        if (leat_name_equal(wanted, (struct leat_text){label, (uint32_t)strlen(label)}))
            return (enum leat_charset)set;
    }
    return LEAT_CHARSET_UNKNOWN;
}

static int compare(const void *name, const void *collation)
{
    return strcmp(name, ((const struct collation *)collation)->name);
}

static const struct collation *look(const char *name, const struct collation *list, size_t count)
{
    return bsearch(name, list, count, sizeof *list, compare);
}

static uint32_t uca_base(enum leat_charset charset)
{
    switch (charset) {
    case LEAT_CHARSET_UTF8MB3:
        return 2048;
    case LEAT_CHARSET_UTF8MB4:
        return 2304;
    case LEAT_CHARSET_UCS2:
        return 2560;
    case LEAT_CHARSET_UTF16:
        return 2816;
    case LEAT_CHARSET_UTF32:
        return 3072;
    default:
        return 0;
    }
}

/* "uca1400_…" of this set. */
static uint32_t uca_by_name(const char *name, enum leat_charset charset)
{
    static const char prefix[] = "uca1400_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0 || !uca_base(charset))
        return 0;
    const struct collation *found = look(name + sizeof prefix - 1, uca, sizeof uca / sizeof *uca);
    return found ? uca_base(charset) + found->id : 0;
}

uint32_t leat_collation_by_name(const struct leat_catalog_server *server, const char *name, enum leat_charset charset)
{
    char text[NAME_MAX_SIZE + 8];
    int size = snprintf(text, sizeof text, "%s%s", strncasecmp(name, "utf8_", 5) == 0 ? "utf8mb3_" : "",
                        strncasecmp(name, "utf8_", 5) == 0 ? name + 5 : name);
    if (size <= 0 || (size_t)size >= sizeof text)
        return 0;
    leat_name_fold(text, (size_t)size);
    const size_t count = sizeof collations / sizeof *collations;
    const struct collation *found = look(text, collations, count);
    if (found && found->only && found->only != server->kind) { /* the other of that name stands beside it */
        const struct collation *beside = found > collations && !strcmp(found[-1].name, text) ? found - 1 : found + 1;
        return beside->id;
    }
    if (found)
        return found->id;
    const char *behind = strstr(text, "_uca1400_");
    if (!behind)
        return uca_by_name(text, charset);
    text[behind - text] = 0;
    return uca_by_name(behind + 1, leat_charset_by_name(text));
}

uint32_t leat_collation_default(const struct leat_catalog_server *server, enum leat_charset charset)
{
    enum { MYSQL_8 = 80000, GENERAL_CI = 45, UTF8MB4_0900_AI_CI = 255 };
    bool uca_server = server->utf8mb4_collation >= 2304 && server->utf8mb4_collation < 2560;
    if (charset == LEAT_CHARSET_UTF8MB4 && server->utf8mb4_collation)
        return server->utf8mb4_collation;
    if (charset == LEAT_CHARSET_UTF8MB4)
        return server->kind == LEAT_TABLE_OF_MARIADB || (server->version && server->version < MYSQL_8) ? GENERAL_CI
                                                                                                       : UTF8MB4_0900_AI_CI;
    if (uca_server && uca_base(charset)) /* character_set_collations, whose default has all five sets */
        return uca_base(charset) + server->utf8mb4_collation - uca_base(LEAT_CHARSET_UTF8MB4);
    return charset < LEAT_CHARSET_COUNT ? defaults[charset] : 0;
}

uint32_t leat_collation_binary(const struct leat_catalog_server *server, enum leat_charset charset)
{
    char name[NAME_MAX_SIZE];
    if (charset == LEAT_CHARSET_BINARY)
        return LEAT_COLLATION_BINARY;
    snprintf(name, sizeof name, "%s_bin", leat_charset_label(charset));
    return leat_collation_by_name(server, name, charset);
}

const char *leat_collation_name(char name[LEAT_COLLATION_NAME_MAX], enum leat_table_server server, uint32_t id)
{
    for (size_t i = 0; i < sizeof collations / sizeof *collations; i++) {
        if (collations[i].id != id || (collations[i].only && collations[i].only != server))
            continue;
        snprintf(name, LEAT_COLLATION_NAME_MAX, "%s", collations[i].name);
        return name;
    }
    uint32_t base = uca_base(leat_charset_of(id));
    for (size_t i = 0; base && id >= base && i < sizeof uca / sizeof *uca; i++) {
        if (base + uca[i].id != id)
            continue;
        snprintf(name, LEAT_COLLATION_NAME_MAX, "%s_uca1400_%s", leat_charset_name(id), uca[i].name);
        return name;
    }
    return NULL;
}
