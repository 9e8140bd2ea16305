{# USES_VARIABLES { N } #}
{# Of the neurons whose threshold says so: see threshold.cu. #}
{% extends 'common_group.cu' %}
{% block kernel_maincode %}
    if ({{get_array_name(eventspace_variable)}}[_idx] < 0) return;

    ///// scalar_code /////
    {{scalar_code|autoindent}}

    {
        ///// vector_code /////
        {{vector_code|autoindent}}
    }
{% endblock %}
