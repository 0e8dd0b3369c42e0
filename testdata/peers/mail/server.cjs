// A mail server for the tests, by npm's smtp-server: it wants credentials over TLS,
// refuses unknown@, and drops the connection of what goes to drop@ after it has taken
// the message. It prints its port, then each message as a line of JSON.
//
//   node server.cjs CERTIFICATE KEY starttls|tls USER PASSWORD
const fs = require("fs");
const { SMTPServer } = require("smtp-server");

const [certificate, key, security, user, password] = process.argv.slice(2);
const server = new SMTPServer({
  cert: fs.readFileSync(certificate),
  key: fs.readFileSync(key),
  secure: security === "tls",
  authMethods: ["PLAIN", "LOGIN"],
  onAuth(auth, session, done) {
    if (!session.secure || auth.username !== user || auth.password !== password) {
      return done(new Error("no such user"));
    }
    done(null, { user });
  },
  onRcptTo(address, session, done) {
    if (address.address.startsWith("unknown@")) {
      return done(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
    }
    done();
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const to = session.envelope.rcptTo.map((one) => one.address);
      console.log(JSON.stringify({ from: session.envelope.mailFrom.address, to, data: Buffer.concat(parts).toString("base64") }));
      if (!to.some((address) => address.startsWith("drop@"))) {
        return done(null, "taken");
      }
      for (const connection of server.connections) {
        if (connection.session.id === session.id) {
          connection._socket.destroy();
        }
      }
    });
  },
});
server.on("error", () => {}); // clients that go away
const listening = server.listen(0, "127.0.0.1", () => console.log(listening.address().port));
process.stdin.on("end", () => process.exit(0)).resume(); // the test has ended
