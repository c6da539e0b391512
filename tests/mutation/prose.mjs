// Tells Stryker which texts not to empty: those that people read. Tests look for what matters in them, and need not have them
// by heart. Names, keys, paths, commands outside of these and all else that a machine reads is mutated.
import { PluginKind, declareValuePlugin } from "@stryker-mutator/api/plugin";

const PROBLEM = new Set(["what", "why", "next"]);

/** Whether this hands a text to people: the parts of a Problem, an error's message, a line that is printed, what a setting may hold. */
function speaks({ node }) {
    const { type, key, callee } = node;
    switch (type) {
        case "ObjectProperty":
            return PROBLEM.has(key.name);
        case "NewExpression":
            return /Error$/.test(callee.name ?? callee.property?.name ?? "");
        case "CallExpression":
            return (
                callee.object?.name === "console" ||
                callee.object?.property?.name === "log" ||
                callee.property?.name === "describe"
            );
        default:
            return false;
    }
}

const isText = ({ node }) => node.type === "StringLiteral" || node.type === "TemplateLiteral";

export const strykerPlugins = [
    declareValuePlugin(PluginKind.Ignore, "prose", {
        shouldIgnore(path) {
            const statement = path.findParent((parent) => parent.isStatement());
            const spoken = path.findParent(
                (parent) => speaks(parent) || parent.isFunction() || parent === statement,
            );
            return isText(path) && spoken !== null && speaks(spoken)
                ? "a text that people read"
                : undefined;
        },
    }),
];
