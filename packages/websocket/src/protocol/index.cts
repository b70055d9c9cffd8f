/** What `require` gives: the very same code as the module's. */
import protocol = require('./index.js');

export = protocol;
