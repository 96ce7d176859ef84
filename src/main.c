/* The entry: everything is in room cli. Only this file may end the process. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    return leat_cli_main(argc, argv);
}
