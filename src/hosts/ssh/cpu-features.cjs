// Stands for a native addon that ssh2 asks for where it is there: none is loaded here, and none is to be built in.
module.exports = () => undefined;
