import { Component, Suspense, type ReactNode } from "react";

import { texts } from "@/texts/en/shell";

import { LoadAgain } from "./LoadAgain";

interface PartProps {
    children: ReactNode;
    /** In its place until its code has arrived. */
    waiting?: ReactNode;
    /** The rest makes sense without it: nothing is said when it does not come. */
    dispensable?: boolean;
}

/** A part of the page whose code comes later. When it does not come, the rest stays, and the person decides. */
export class Part extends Component<PartProps, { failed: boolean }> {
    override state = { failed: false };

    static getDerivedStateFromError() {
        return { failed: true };
    }

    override render() {
        const { children, waiting, dispensable } = this.props;
        if (this.state.failed && dispensable) return null;
        if (this.state.failed) return <LoadAgain message={texts.partMissing} />;
        return <Suspense fallback={waiting}>{children}</Suspense>;
    }
}
