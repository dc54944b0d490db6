import { createRoot } from "react-dom/client";

import { PipelineHealth } from "./PipelineHealth";

createRoot(document.getElementById("root")!).render(<PipelineHealth />);
