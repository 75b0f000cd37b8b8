/** What `nc HOST PORT` does, for machines without it. */
import { connect } from "node:net";

const socket = connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);
