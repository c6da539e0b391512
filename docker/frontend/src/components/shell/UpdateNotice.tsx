import { useEffect, useState } from "react";

import { listenForBuild } from "@/lib/api";
import { texts } from "@/texts/en/shell";

import { LoadAgain } from "../shared/LoadAgain";

/** Says that the server has been updated since this page, of the build given, was loaded. */
export function UpdateNotice({ build }: { build: string | undefined }) {
    const [answering, setAnswering] = useState(build);
    useEffect(() => listenForBuild(setAnswering), []);
    return answering === build ? null : <LoadAgain message={texts.newVersion} />;
}
