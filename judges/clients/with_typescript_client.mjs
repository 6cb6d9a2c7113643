import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { converse, environment } from "./conversation.mjs";

const [kind, where] = process.argv.slice(2);
const [command, ...args] = where.split(" ");
const over = {
  stdio: () => new StdioClientTransport({ command, args, env: environment() }),
  http: () => new StreamableHTTPClientTransport(new URL(where)),
};
const client = new Client({ name: "judge", version: "1" }, { versionNegotiation: { mode: "auto" } });
await client.connect(over[kind]());
console.log(JSON.stringify(await converse(client)));
await client.close();
process.exit(0);
