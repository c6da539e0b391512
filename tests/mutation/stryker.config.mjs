// Changes components/ in small ways, one at a time, and sees whether a test notices: `npm run mutate`, of one file
// `npm run mutate -- --mutate components/removal.ts`. README.md has the scores.

export default {
    mutate: ["components/**/*.ts"],
    testRunner: "mocha",
    // what tests components/; the other tests are of what stands beside the program
    mochaOptions: {
        spec: ["tests/unit/**/*.test.ts"],
        ignore: ["canaries", "checkers", "faults", "load"].map(
            (name) => `tests/unit/${name}.test.ts`,
        ),
        require: ["./tests/mutation/coverage.ts"],
    },
    testRunnerNodeArgs: ["--import=tsx"],
    coverageAnalysis: "perTest",
    // what runs once, when a module is loaded, takes a new process for each change: README.md says what that leaves out
    ignoreStatic: true,
    ignorers: ["prose"],
    plugins: ["./tests/mutation/mocha.mjs", "./tests/mutation/prose.mjs"],
    concurrency: 1,
    // beside other work a test may take many times as long as it did the first time
    timeoutMS: 30_000,
    timeoutFactor: 3,
    dryRunTimeoutMinutes: 30,
    // a run that was interrupted goes on where it was
    incremental: true,
    incrementalFile: ".local/mutation/incremental.json",
    tempDirName: ".local/mutation/tmp",
    ignorePatterns: [".local", "**/node_modules", "**/.venv", "**/.next", "**/__pycache__"],
    reporters: ["clear-text", "html", "json", "progress-append-only"],
    htmlReporter: { fileName: ".local/mutation/report.html" },
    jsonReporter: { fileName: ".local/mutation/report.json" },
    clearTextReporter: { logTests: false, allowColor: false },
    allowConsoleColors: false,
};
