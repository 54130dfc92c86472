// Unpacks Chromium and the libraries that it needs into the folder named by TMPDIR.
process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs24.x"; // without it the package keeps its libraries to itself
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
