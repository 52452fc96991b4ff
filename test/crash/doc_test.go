// Package crash_test kills the processes of a whole installation at random moments while people work in it, and then holds
// the ledger against every answer that anybody got. It runs the programs that are released, from the folder EXEAT_BIN.
//
// EXEAT_KILLS is how often each victim is killed (2), EXEAT_SEED repeats the choices of an earlier run.
package crash_test
