/* Which character set a collation belongs to, for all collations of MySQL 9.7 (1 to 323) and MariaDB 10.11 and
 * 11.8 (576 and up are its own, from 1024 the NOPAD ones, from 2048 UCA 14.0). All agree on the ids that they
 * share.
 *
 * Source: information_schema.collations (MySQL 9.7.4) and
 * information_schema.collation_character_set_applicability (MariaDB 10.11.19, 11.8.6). */
#include "binlog/charset.h"

#include <stddef.h>

struct range {
    uint16_t first, last; /* inclusive */
    uint8_t charset; /* enum leat_charset */
};

/* clang-format off */
#define SET(first, last, name) {first, last, LEAT_CHARSET_##name}
static const struct range ranges[] = {
    SET(1, 1, BIG5),           SET(2, 2, LATIN2),         SET(3, 3, DEC8),           SET(4, 4, CP850),
    SET(5, 5, LATIN1),         SET(6, 6, HP8),            SET(7, 7, KOI8R),          SET(8, 8, LATIN1),
    SET(9, 9, LATIN2),         SET(10, 10, SWE7),         SET(11, 11, ASCII),        SET(12, 12, UJIS),
    SET(13, 13, SJIS),         SET(14, 14, CP1251),       SET(15, 15, LATIN1),       SET(16, 16, HEBREW),
    SET(18, 18, TIS620),       SET(19, 19, EUCKR),        SET(20, 20, LATIN7),       SET(21, 21, LATIN2),
    SET(22, 22, KOI8U),        SET(23, 23, CP1251),       SET(24, 24, GB2312),       SET(25, 25, GREEK),
    SET(26, 26, CP1250),       SET(27, 27, LATIN2),       SET(28, 28, GBK),          SET(29, 29, CP1257),
    SET(30, 30, LATIN5),       SET(31, 31, LATIN1),       SET(32, 32, ARMSCII8),     SET(33, 33, UTF8MB3),
    SET(34, 34, CP1250),       SET(35, 35, UCS2),         SET(36, 36, CP866),        SET(37, 37, KEYBCS2),
    SET(38, 38, MACCE),        SET(39, 39, MACROMAN),     SET(40, 40, CP852),        SET(41, 42, LATIN7),
    SET(43, 43, MACCE),        SET(44, 44, CP1250),       SET(45, 46, UTF8MB4),      SET(47, 49, LATIN1),
    SET(50, 52, CP1251),       SET(53, 53, MACROMAN),     SET(54, 55, UTF16),        SET(56, 56, UTF16LE),
    SET(57, 57, CP1256),       SET(58, 59, CP1257),       SET(60, 61, UTF32),        SET(62, 62, UTF16LE),
    SET(63, 63, BINARY),       SET(64, 64, ARMSCII8),     SET(65, 65, ASCII),        SET(66, 66, CP1250),
    SET(67, 67, CP1256),       SET(68, 68, CP866),        SET(69, 69, DEC8),         SET(70, 70, GREEK),
    SET(71, 71, HEBREW),       SET(72, 72, HP8),          SET(73, 73, KEYBCS2),      SET(74, 74, KOI8R),
    SET(75, 75, KOI8U),        SET(76, 76, UTF8MB3),      SET(77, 77, LATIN2),       SET(78, 78, LATIN5),
    SET(79, 79, LATIN7),       SET(80, 80, CP850),        SET(81, 81, CP852),        SET(82, 82, SWE7),
    SET(83, 83, UTF8MB3),      SET(84, 84, BIG5),         SET(85, 85, EUCKR),        SET(86, 86, GB2312),
    SET(87, 87, GBK),          SET(88, 88, SJIS),         SET(89, 89, TIS620),       SET(90, 90, UCS2),
    SET(91, 91, UJIS),         SET(92, 93, GEOSTD8),      SET(94, 94, LATIN1),       SET(95, 96, CP932),
    SET(97, 98, EUCJPMS),      SET(99, 99, CP1250),       SET(101, 124, UTF16),      SET(128, 151, UCS2),
    SET(159, 159, UCS2),       SET(160, 183, UTF32),      SET(192, 215, UTF8MB3),    SET(223, 223, UTF8MB3),
    SET(224, 247, UTF8MB4),    SET(248, 250, GB18030),    SET(255, 271, UTF8MB4),    SET(273, 275, UTF8MB4),
    SET(277, 294, UTF8MB4),    SET(296, 298, UTF8MB4),    SET(300, 300, UTF8MB4),    SET(303, 323, UTF8MB4),
    SET(576, 579, UTF8MB3),    SET(608, 611, UTF8MB4),    SET(640, 642, UCS2),       SET(672, 674, UTF16),
    SET(736, 738, UTF32),      SET(1025, 1025, BIG5),     SET(1027, 1027, DEC8),     SET(1028, 1028, CP850),
    SET(1030, 1030, HP8),      SET(1031, 1031, KOI8R),    SET(1032, 1032, LATIN1),   SET(1033, 1033, LATIN2),
    SET(1034, 1034, SWE7),     SET(1035, 1035, ASCII),    SET(1036, 1036, UJIS),     SET(1037, 1037, SJIS),
    SET(1040, 1040, HEBREW),   SET(1042, 1042, TIS620),   SET(1043, 1043, EUCKR),    SET(1046, 1046, KOI8U),
    SET(1048, 1048, GB2312),   SET(1049, 1049, GREEK),    SET(1050, 1050, CP1250),   SET(1052, 1052, GBK),
    SET(1054, 1054, LATIN5),   SET(1056, 1056, ARMSCII8), SET(1057, 1057, UTF8MB3),  SET(1059, 1059, UCS2),
    SET(1060, 1060, CP866),    SET(1061, 1061, KEYBCS2),  SET(1062, 1062, MACCE),    SET(1063, 1063, MACROMAN),
    SET(1064, 1064, CP852),    SET(1065, 1065, LATIN7),   SET(1067, 1067, MACCE),    SET(1069, 1070, UTF8MB4),
    SET(1071, 1071, LATIN1),   SET(1074, 1075, CP1251),   SET(1077, 1077, MACROMAN), SET(1078, 1079, UTF16),
    SET(1080, 1080, UTF16LE),  SET(1081, 1081, CP1256),   SET(1082, 1083, CP1257),   SET(1084, 1085, UTF32),
    SET(1086, 1086, UTF16LE),  SET(1088, 1088, ARMSCII8), SET(1089, 1089, ASCII),    SET(1090, 1090, CP1250),
    SET(1091, 1091, CP1256),   SET(1092, 1092, CP866),    SET(1093, 1093, DEC8),     SET(1094, 1094, GREEK),
    SET(1095, 1095, HEBREW),   SET(1096, 1096, HP8),      SET(1097, 1097, KEYBCS2),  SET(1098, 1098, KOI8R),
    SET(1099, 1099, KOI8U),    SET(1101, 1101, LATIN2),   SET(1102, 1102, LATIN5),   SET(1103, 1103, LATIN7),
    SET(1104, 1104, CP850),    SET(1105, 1105, CP852),    SET(1106, 1106, SWE7),     SET(1107, 1107, UTF8MB3),
    SET(1108, 1108, BIG5),     SET(1109, 1109, EUCKR),    SET(1110, 1110, GB2312),   SET(1111, 1111, GBK),
    SET(1112, 1112, SJIS),     SET(1113, 1113, TIS620),   SET(1114, 1114, UCS2),     SET(1115, 1115, UJIS),
    SET(1116, 1117, GEOSTD8),  SET(1119, 1120, CP932),    SET(1121, 1122, EUCJPMS),  SET(1125, 1125, UTF16),
    SET(1147, 1147, UTF16),    SET(1152, 1152, UCS2),     SET(1174, 1174, UCS2),     SET(1184, 1184, UTF32),
    SET(1206, 1206, UTF32),    SET(1216, 1216, UTF8MB3),  SET(1238, 1238, UTF8MB3),  SET(1248, 1248, UTF8MB4),
    SET(1270, 1270, UTF8MB4),  SET(2048, 2215, UTF8MB3),  SET(2232, 2247, UTF8MB3),  SET(2304, 2471, UTF8MB4),
    SET(2488, 2503, UTF8MB4),  SET(2560, 2727, UCS2),     SET(2744, 2759, UCS2),     SET(2816, 2983, UTF16),
    SET(3000, 3015, UTF16),    SET(3072, 3239, UTF32),    SET(3256, 3271, UTF32),
};
#undef SET
/* clang-format on */

enum leat_charset leat_charset_of(uint32_t collation)
{
    size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (collation > ranges[middle].last)
            low = middle + 1;
        else if (collation < ranges[middle].first)
            high = middle;
        else
            return (enum leat_charset)ranges[middle].charset;
    }
    return LEAT_CHARSET_UNKNOWN;
}
