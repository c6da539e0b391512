import { configure } from "@testing-library/react";

// How long `findBy…` and `waitFor` wait before they fail: longer than a busy machine needs.
configure({ asyncUtilTimeout: 4_000 });
