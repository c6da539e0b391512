// All that Next asks of Node's `process` in a browser; what it would bring itself is a kilobyte more.
module.exports = { env: {} };
