// `npm run build`: compiles the packages and the page.
import { build, install, requireNode } from './prepare.mjs';

requireNode();
install();
build();
