// Where the image has OpenClaw (Dockerfile), as a file: address.
export const OPENCLAW = "file:///usr/local/lib/openclaw/node_modules/openclaw/";
