// node render.mjs OUT: bundle the composition beside this file and render it with the Chromium of this machine.
import {bundle} from '@remotion/bundler';
import {renderMedia, selectComposition} from '@remotion/renderer';

const outputLocation = process.argv[2];
const browserExecutable = process.env.BENCH_CHROMIUM;
const here = (name) => new URL(name, import.meta.url).pathname;
const serveUrl = await bundle({entryPoint: here('./src/index.jsx'), publicDir: here('./public')});
const chromiumOptions = {gl: 'swangle', enableMultiProcessOnLinux: true};
const common = {serveUrl, browserExecutable, chromiumOptions, chromeMode: 'chrome-for-testing'};
const composition = await selectComposition({...common, id: 'main'});
await renderMedia({
  ...common,
  composition,
  codec: 'h264',
  outputLocation,
  concurrency: 2,
  x264Preset: 'veryfast',
  crf: 21,
  audioBitrate: '160k',
  pixelFormat: 'yuv420p',
  imageFormat: 'jpeg',
  jpegQuality: 90,
  logLevel: 'warn',
});
process.exit(0);
