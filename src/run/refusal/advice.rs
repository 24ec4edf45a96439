//! What to do about the errors that servers name, 0.3.64 to 0.33.

/// What to do about an error of that name.
pub fn of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "missing_node_type" | "invalid_prompt" => {
            "the pack of that node is not installed on this server, or failed to import: its log says which"
        }
        "no_prompt" => "the server saw no prompt: something between it and wanlint changed what was sent",
        "prompt_no_outputs" => "the workflow needs a node that saves or shows something, such as SaveVideo",
        "invalid_prompt_id" => "the server wants a lowercase UUID as the prompt's id",
        "required_input_missing" => "connect the input or give it a value; the server fills in no default",
        "value_smaller_than_min" | "value_bigger_than_max" => "give a value within the range that the server states",
        "value_not_in_list" => {
            "choose a value that the server offers; for a model: put the file into the folder that the server reads, then refresh"
        }
        "invalid_input_type" => "give a value of the type that the server states",
        "return_type_mismatch" => "connect an output of the type that the input takes",
        "bad_linked_input" => "a link is a list of two: the id of a node as text, and the number of its output",
        "custom_validation_failed" => {
            "the node refuses the value itself: for an image, upload it to the server's input folder"
        }
        "dependency_cycle" => "take out one of the links that lead a node's result back to its own input",
        "exception_during_validation" | "exception_during_inner_validation" => {
            "a link leads to a node or an output that does not exist, or a node has no inputs"
        }
        _ => return None,
    })
}

/// What to do where the server gives a status and no name.
pub fn of_status(status: u16) -> Option<&'static str> {
    Some(match status {
        401 | 403 => "the server, or what stands in front of it, asks for a permission that wanlint does not have",
        404 | 405 => "no ComfyUI answers at that address: a proxy may put it below another path",
        413 => "the prompt is larger than the server takes: --max-upload-size of ComfyUI raises the limit",
        500 => "the server tripped over the prompt: its log says where",
        502..=504 => "what stands in front of the server does not reach it: is ComfyUI running?",
        _ => return None,
    })
}
