// A Bot API server, telegram-test-api, at the port that is given: node telegram.cjs 9000
const { TelegramServer } = require("telegram-test-api");
const found = require("telegram-test-api");

const Server = TelegramServer || found.default || found;
const server = new Server({ port: Number(process.argv[2]), host: "127.0.0.1" });
server.start().then(() => console.log("ready"));
