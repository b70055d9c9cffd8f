/**
 * What `require` gives: the class itself with every export on it, as with `ws`, so that both
 * `const WebSocket = require(…)` and `const { WebSocketServer } = require(…)` work. It is the same code as the module's.
 */
import engine = require('./index.js');

const commonjs: typeof engine.WebSocket & typeof engine = Object.assign(engine.WebSocket, engine);

export = commonjs;
